/// Operators by their signs.
enum OperatorFunctions {
  static let all: [ScalarFunction] = [
    .add, .subtract, .negate, .multiply, .divide, .integerDivide, .modulo, .floatModulo, .power,
    .concatenate,
    .bitAnd, .bitOr, .bitXor, .bitNot, .shiftLeft, .shiftRight, .bitCount, .bitString, .getBit,
    .setBit, .bitPosition,
    .like, .notLike, .ilike, .notIlike, .likeEscape, .notLikeEscape, .ilikeEscape,
    .notIlikeEscape, .glob,
    .regexpMatches, .regexpFullMatch, .regexNotMatch, .regexIgnoringCase, .regexNotIgnoringCase,
    .regexpExtract, .regexpExtractAll, .regexpReplace, .regexpSplit, .regexpCount, .regexpEscape,
  ]
}
