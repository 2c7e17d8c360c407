/// String functions.
enum StringFunctions {
  static let all: [ScalarFunction] = [
    .length, .lengthGrapheme, .byteLength, .bitLength, .upper, .lower, .initialCapital, .reverse,
    .ascii, .unicode, .character, .substring, .substringGrapheme, .left, .right, .leftGrapheme,
    .rightGrapheme, .splitPart, .stringSplit, .contains, .startsWith, .endsWith, .instr, .position,
    .charIndex, .leftPad, .rightPad, .repeated, .space, .bar, .trim, .trimLeft, .trimRight,
    .replace, .translate, .stripAccents, .concat, .concatWithSeparator,
    .levenshtein, .damerauLevenshtein, .hamming, .jaccard, .jaro, .jaroWinkler,
    .md5, .sha1, .sha256, .md5Number, .base64, .fromBase64, .hex, .unhex, .binary, .toBase,
    .encode, .decode, .urlEncode, .urlDecode, .formatBytes, .formatDecimalBytes,
    .parseFileName, .parseDirectoryName, .parseDirectoryPath, .parsePath, .pathJoin,
    .parseFormattedBytes, .nfcNormalize, .soundex, .crc32, .sha512,
    .format, .printf, .quoteIdentifier, .quoteLiteral,
  ]
}
