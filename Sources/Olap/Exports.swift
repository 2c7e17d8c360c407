// Users of `Olap` name types and values without importing another module.
@_exported public import struct OlapColumns.Interval
@_exported public import enum OlapColumns.SQLType
@_exported public import struct OlapColumns.StructField
@_exported public import enum OlapColumns.Value
