import OlapColumns
@_spi(_Unicode) import Swift

extension ScalarFunction {
  static let nfcNormalize = ScalarFunction(
    "nfc_normalize", summary: "The text in Unicode's composed form (NFC).",
    example: ("length(nfc_normalize('e' || chr(769)))", "1"),
    overloads: [
      .unaryText(.varchar) { (text: StringView, output: StringOutput) in
        if text.array.allSatisfy({ $0 < 0x80 }) { return text }
        return output.text(Normalization.composed(text.string))
      }
    ])
}

enum Normalization {
  static func composed(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: text._nfc)
    return String(scalars)
  }
}
