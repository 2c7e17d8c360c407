/// List, struct and map functions.
enum NestedFunctions {
  static let all: [ScalarFunction] =
    [
      .listValue, .listExtract, .listSlice, .arrayLength, .cardinality, .listContains,
      .listPosition, .listHasAny, .listHasAll, .listIntersect, .listDistance, .listInnerProduct,
      .listCosineSimilarity, .listCosineDistance, .listConcat, .listAppend, .listPrepend,
      .pushFront, .popBack, .popFront, .listReverse, .listDistinct, .listUnique, .listSort,
      .listReverseSort, .listAggregate, .toText, .flatten, .listResize, .listSelect, .listWhere,
      .listZip,
      .rangeList, .seriesList, .structExtract, .structKeys, .unionTag, .unionExtract, .map,
      .mapFromEntries, .mapExtract,
      .mapExtractValue, .mapContains, .mapKeys, .mapValues, .mapEntries, .mapConcat,
      .enumCode, .enumFirst, .enumLast, .enumRange, .enumRangeBoundary, .structConcat,
      .structValues, .structPosition, .structContains, .listGradeUp, .arrayCrossProduct,
      .listNegativeInnerProduct,
    ] + ScalarFunction.listAggregates
}
