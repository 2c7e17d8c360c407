/// JSON functions.
enum JSONFunctions {
  static let all: [ScalarFunction] = [
    .jsonExtract, .jsonExtractString, .jsonValue, .jsonExists, .jsonType, .jsonArrayLength,
    .jsonKeys, .jsonStructure, .jsonValid, .json, .tryParseJSON, .jsonPretty, .toJSON, .jsonArray,
    .jsonObject, .jsonMergePatch, .jsonContains, .jsonSet, .jsonInsert, .jsonReplace, .jsonRemove,
    .jsonStripNulls, .jsonNormalize, .jsonDeepMerge, .jsonMergePatchDifference, .jsonTransform,
    .jsonTransformStrict,
  ]
}
