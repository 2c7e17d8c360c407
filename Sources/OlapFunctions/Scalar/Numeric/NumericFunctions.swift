/// Numeric functions.
enum NumericFunctions {
  static let all: [ScalarFunction] = [
    .absolute, .sign, .ceiling, .floorFunction, .truncate, .round, .roundEven,
    .squareRoot, .cubeRoot, .exponential, .naturalLogarithm, .logarithm2, .logarithm10,
    .sine, .cosine, .tangent, .cotangent, .arcSine, .arcCosine, .arcTangent, .arcTangent2,
    .hyperbolicSine, .hyperbolicCosine, .hyperbolicTangent, .inverseHyperbolicSine,
    .inverseHyperbolicCosine, .inverseHyperbolicTangent, .degrees, .radians, .gamma, .logGamma,
    .even, .nextAfter, .pi, .isNaN, .isInfinite, .isFinite, .signBit,
    .factorial, .greatestCommonDivisor, .leastCommonMultiple, .floatDivide, .divideOrZero,
    .widthBucket,
  ]
}
