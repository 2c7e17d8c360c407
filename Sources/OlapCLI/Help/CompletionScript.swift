/// Completion scripts of command shells, made from the help texts.
enum CompletionScript {
  static let shells = ["bash", "zsh", "fish"]

  /// Nil for a shell that is not known.
  static func text(for shell: String, verbs: [VerbHelp]) -> String? {
    switch shell {
    case "bash": bash(verbs)
    case "zsh": zsh(verbs)
    case "fish": fish(verbs)
    default: nil
    }
  }

  private static func bash(_ verbs: [VerbHelp]) -> String {
    let names = verbs.map { $0.name }.joined(separator: " ")
    var cases = ""
    for verb in verbs {
      cases += "    \(verb.name)) options=\"\(verb.options.joined(separator: " "))\" ;;\n"
    }
    return """
      # bash completion of olap
      _olap() {
        local current=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} options=""
        case $verb in
      \(cases)  *) options="\(verbs.first { $0.name == "shell" }?.options.joined(separator: " ") ?? "")" ;;
        esac
        if [[ $COMP_CWORD -eq 1 && $current != -* ]]; then
          COMPREPLY=($(compgen -W "\(names) help version" -- "$current") $(compgen -f -- "$current"))
        elif [[ $current == -* ]]; then
          COMPREPLY=($(compgen -W "$options" -- "$current"))
        elif [[ $verb == help ]]; then
          COMPREPLY=($(compgen -W "\(names)" -- "$current"))
        else
          COMPREPLY=($(compgen -f -- "$current"))
        fi
      }
      complete -o filenames -F _olap olap

      """
  }

  private static func zsh(_ verbs: [VerbHelp]) -> String {
    let names = verbs.map { "    '\($0.name):\(quoted($0.summary))'\n" }.joined()
    var cases = ""
    for verb in verbs {
      cases += "    \(verb.name)) compadd -- \(verb.options.joined(separator: " ")) ;;\n"
    }
    return """
      #compdef olap
      _olap() {
        local -a verbs
        verbs=(
      \(names)  )
        if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
          _describe verb verbs
          _files
        elif [[ $words[CURRENT] == -* ]]; then
          case $words[2] in
      \(cases)    esac
        else
          _files
        fi
      }
      _olap "$@"

      """
  }

  private static func fish(_ verbs: [VerbHelp]) -> String {
    var text = "# fish completion of olap\n"
    for verb in verbs {
      text += "complete -c olap -n __fish_use_subcommand -a \(verb.name) "
      text += "-d '\(quoted(verb.summary))'\n"
      for option in verb.options {
        let isLong = option.hasPrefix("--")
        let name = option.drop { $0 == "-" }
        text += "complete -c olap -n '__fish_seen_subcommand_from \(verb.name)' "
        text += (isLong ? "-l " : name.count == 1 ? "-s " : "-o ") + name + "\n"
      }
    }
    return text
  }

  private static func quoted(_ text: String) -> String {
    text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "")
  }
}
