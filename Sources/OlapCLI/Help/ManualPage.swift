/// The man page, made from the help texts, so that it cannot fall behind them.
enum ManualPage {
  static func text(version: String, overview: String, verbs: [VerbHelp]) -> String {
    var page = ".TH OLAP 1 \"\" \"\(version)\" \"User Commands\"\n"
    page += ".SH NAME\nolap \\- embedded columnar database with bronze, silver and gold layers\n"
    page += ".SH SYNOPSIS\n.nf\n" + section("USAGE", of: overview) + ".fi\n"
    page +=
      ".SH DESCRIPTION\nOne program: a shell, a loader and a runner of layered projects on one\n"
    page += "database file. Without a verb it is the shell.\n"
    page += ".SH VERBS\n"
    for verb in verbs {
      page += ".SS \"olap \(escape(verb.name))\"\n\(escape(verb.summary))\n.PP\n.nf\n"
      page += verb.text.split(separator: "\n", omittingEmptySubsequences: false)
        .map { line(String($0)) }.joined()
      page += ".fi\n"
    }
    page += ".SH EXAMPLES\n.nf\n" + section("EXAMPLES", of: overview) + ".fi\n"
    page += ".SH EXIT STATUS\n0 done; 1 a statement, load or test failed; 2 wrong usage, or the\n"
    page += "database cannot be opened.\n"
    page += ".SH ENVIRONMENT\n"
    for (name, text) in [
      ("NO_COLOR", "no colours when set to anything"),
      ("OLAP_HISTORY", "history file of the shell; empty = none (default ~/.olap_history)"),
      ("OLAP_PAGER, PAGER", "the program behind .pager on (default less -SRFX)"),
      ("VISUAL, EDITOR", "the program behind .edit (default vi)"),
    ] {
      page += ".TP\n.B \(name)\n\(text)\n"
    }
    return page
      + ".SH FILES\n.TP\n.B ~/.olaprc\nSQL and commands run when the shell starts on a terminal\n"
  }

  /// The indented lines below a heading.
  private static func section(_ heading: String, of text: String) -> String {
    var lines = ""
    var isInside = false
    for row in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if row == heading {
        isInside = true
      } else if isInside {
        guard row.first == " " else { break }
        lines += line(String(row.drop { $0 == " " }))
      }
    }
    return lines
  }

  private static func line(_ text: String) -> String {
    // A dot or quote at the start of a line would be a request.
    let escaped = escape(text)
    return (escaped.first == "." || escaped.first == "'" ? "\\&" : "") + escaped + "\n"
  }

  private static func escape(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      default: result.append(character)
      }
    }
    return result
  }
}
