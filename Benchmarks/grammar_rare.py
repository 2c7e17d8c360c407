"""The rarer types: parts of a second, zoned times, bits, unions, blobs, UUIDs, arrays and structs of lists of structs.

The tables have the form of those in grammar_templates.py and are added to them.
"""

RARE_TYPES = ["second", "milli", "nano", "zonedtime", "bit", "union", "blob", "uuid", "array", "deep"]

# Values at the ends of what a type holds.
EXTREMES = {
    "int": ["9223372036854775807", "(-9223372036854775808)", "2147483647", "(-2147483648)", "32767", "(-128)", "255", "0"],
    "text": ["'%'", "'_'", "'it''s'", "'İI'", "'👩‍👩‍👧 e\u0301'".replace("\\u0301", "\u0301"), "' '", "'\t'", "'1e5'", "'2020-02-30'", "'true'", "'[1, 2]'", "'a,b\"c'", "'ÀÉ'", "'\\'"],
    "decimal": ["99999.99", "(-99999.99)", "0.00", "0.005", "1234567890.123456"],
    "double": ["'nan'::DOUBLE", "'inf'::DOUBLE", "'-inf'::DOUBLE", "(-0.0)::DOUBLE", "1e300::DOUBLE", "1e-300::DOUBLE", "0.1::DOUBLE", "9007199254740993::DOUBLE"],
    "date": ["DATE '0001-01-01'", "DATE '9999-12-31'", "DATE '1969-12-31'", "DATE '2024-02-29'", "DATE '0044-03-15 (BC)'", "DATE '1582-10-10'"],
    "timestamp": ["TIMESTAMP '1969-12-31 23:59:59.999999'", "TIMESTAMP '0001-01-01 00:00:00'", "TIMESTAMP '2024-02-29 23:59:59.999999'", "TIMESTAMP '2199-01-01 12:00:00.000001'"],
    "time": ["TIME '23:59:59.999999'", "TIME '00:00:00'"],
    "interval": ["INTERVAL '-1 month 1 day -00:00:01'", "INTERVAL '13 months'", "INTERVAL '0 days'", "INTERVAL '-25 hours'", "INTERVAL '100 years'"],
    "zoned": ["TIMESTAMPTZ '2023-03-26 03:30:00 Europe/Kyiv'", "TIMESTAMPTZ '2023-10-29 03:30:00+02'", "TIMESTAMPTZ '1950-01-01 00:00:00+00'"],
    "huge": ["170141183460469231731687303715884105727::HUGEINT", "(-170141183460469231731687303715884105727)::HUGEINT", "18446744073709551616::HUGEINT", "0::HUGEINT"],
    "list": ["[]::INTEGER[]", "[NULL]::INTEGER[]", "NULL::INTEGER[]", "range(40)::INTEGER[]"],
    "texts": ["[]::VARCHAR[]", "['', NULL, 'a, b']", "['it''s', '\"q\"']"],
    "struct": ["{'a': NULL::INTEGER, 'b': NULL::VARCHAR}", "{'a': 1, 'b': 'it''s, {x}'}"],
    "map": ["MAP {}::MAP(VARCHAR, INTEGER)", "MAP {'': 1, 'a b': NULL}::MAP(VARCHAR, INTEGER)"],
    "json": ["'null'::JSON", "'[]'::JSON", "'{}'::JSON", "'\"text\"'::JSON", "'[1, [2, {\"a\": [3]}], null, true]'::JSON", "'{\"a\": {\"b\": [1, 2]}, \"c\": \"x\"}'::JSON"],
    "nano": ["TIMESTAMP_NS '1969-12-31 23:59:59.999999999'", "TIMESTAMP_NS '2262-04-11 23:47:16.854775806'"],
    "blob": ["'\\x00\\xFF'::BLOB", "'\\x5C\\x27'::BLOB"],
    "uuid": ["'00000000-0000-0000-0000-000000000000'::UUID", "'ffffffff-ffff-ffff-ffff-ffffffffffff'::UUID"],
}

RARE_SQL_TYPES = {
    "second": ["TIMESTAMP_S"],
    "milli": ["TIMESTAMP_MS"],
    "nano": ["TIMESTAMP_NS"],
    "zonedtime": ["TIMETZ"],
    "bit": ["BIT"],
    "union": ["UNION(n INTEGER, t VARCHAR)"],
    "blob": ["BLOB"],
    "uuid": ["UUID"],
    "array": ["INTEGER[3]"],
    "deep": ["STRUCT(p STRUCT(x INTEGER, y VARCHAR), l STRUCT(k VARCHAR, v INTEGER)[])"],
}

RARE_TEMPLATES = {
    "int": [
        "year({second})", "epoch_ms({milli})", "epoch_ns({nano})", "extract(second FROM {nano})", "date_diff('hour', {second}, {milli})",
        "date_diff('day', {nano}, {timestamp})", "extract(hour FROM {zonedtime})", "extract(timezone FROM {zonedtime})", "minute({zonedtime})",
        "bit_count({bit})", "bit_length({bit})", "octet_length({bit})", "length({bit})", "get_bit({bit}, 1)", "bit_position('1'::BIT, {bit})",
        "({union}).n", "union_extract({union}, 'n')", "octet_length({blob})", "({array})[{small}]", "list_sum({array})", "list_max({array})",
        "len({array})", "array_length({array})", "({deep}).p.x", "len(({deep}).l)", "({deep}).l[1].v", "list_sum(list_transform(({deep}).l, lambda e: e.v))",
        "list_position({array}, {small})", "list_reduce({array}, lambda a, b: a + b)", "date_part('epoch', {second})::BIGINT",
        "date_sub('month', {second}, {second})", "('0' || {small})::BIT::INTEGER * 0", "{bit}::BIGINT % 7", "microsecond({nano})", "millisecond({milli})",
        "weekofyear({second})", "union_tag({union})::INTEGER * 0", "enum_code(union_tag({union}))", "uuid_extract_version({uuid})::INTEGER * 0",
    ],
    "text": [
        "{second}::VARCHAR", "{milli}::VARCHAR", "{nano}::VARCHAR", "{zonedtime}::VARCHAR", "{bit}::VARCHAR", "{union}::VARCHAR", "{blob}::VARCHAR",
        "{uuid}::VARCHAR", "{array}::VARCHAR", "{deep}::VARCHAR", "typeof({second})", "typeof({nano} - {nano})", "typeof({milli} + INTERVAL 1 DAY)",
        "typeof(greatest({second}, {milli}))", "typeof({array})", "typeof({union})", "typeof({deep})", "typeof({bit})", "typeof(coalesce({nano}, {timestamp}))",
        "typeof({zonedtime})", "hex({blob})", "to_json({array})::VARCHAR", "to_json({deep})::VARCHAR", "to_json({uuid})::VARCHAR", "to_json({second})::VARCHAR",
        "union_tag({union})::VARCHAR", "({union}).t", "strftime({second}, '%Y/%m/%d %H:%M:%S')", "strftime({nano}, '%H:%M:%S.%n')", "strftime({milli}, '%g %f')",
        "({deep}).p.y", "({deep}).l[1].k", "base64({blob})", "md5({blob})", "concat({uuid}, '!')", "({blob} || '\\x41'::BLOB)::VARCHAR",
        "array_to_string({array}, '|')", "[{second}]::VARCHAR", "[{nano}]::VARCHAR", "[{zonedtime}]::VARCHAR", "[{bit}]::VARCHAR", "[{union}]::VARCHAR",
        "[{uuid}, NULL]::VARCHAR", "[{blob}]::VARCHAR", "{{'a': {bit}, 'b': {array} }}::VARCHAR", "MAP {{ {uuid}: {second} }}::VARCHAR", "dayname({second})",
        "typeof({bit} & {bit})", "typeof(union_tag({union}))", "list_transform(({deep}).l, lambda e: e.k)::VARCHAR", "lower(hex({blob}))", "{array}::INTEGER[]::VARCHAR",
        "typeof({array} || {list})", "typeof(array_value({int}, {small}))", "typeof({nano} + INTERVAL 1 HOUR)", "typeof(date_trunc('hour', {nano}))",
        "typeof([{second}, {nano}])", "typeof({milli} - {milli})", "typeof(date_trunc('day', {milli}))", "sha256({blob})", "typeof({deep}.l)",
    ],
    "bool": [
        "({second} {cmp} {second})", "({milli} {cmp} {milli})", "({nano} {cmp} {nano})", "({zonedtime} {cmp} {zonedtime})", "({bit} {cmp} {bit})",
        "({union} {cmp} {union})", "({blob} {cmp} {blob})", "({uuid} {cmp} {uuid})", "({array} {cmp} {array})", "({deep} {cmp} {deep})",
        "({second} {cmp} {timestamp})", "({milli} {cmp} {nano})", "({nano} {cmp} {timestamp})", "({second} {cmp} {date})", "({array} = [1, 2, 3]::INTEGER[3])",
        "({union} = union_value(n := {small}))", "({union} IS DISTINCT FROM {union})", "({deep} IS NOT DISTINCT FROM {deep})", "(union_tag({union}) = 'n')",
        "list_contains({array}, {small})", "({uuid} = '00000000-0000-0000-0000-000000000003')", "({deep}.p = {deep}.p)", "({deep}.l < {deep}.l)",
        "({second} BETWEEN {second} AND {second})", "({uuid} IN ({uuid}, {uuid}))", "({bit} IN ({bit}, '01'::BIT))", "({blob} IN ({blob}, 'a'::BLOB))",
        "({array} IN ({array}, {array}))", "({nano} IS DISTINCT FROM {nano})", "list_contains(({deep}).l, {{'k': 'a', 'v': {small} }})", "({struct} IN ({struct}, {struct}))",
        "({list} IN ({list}, {list}))", "({zonedtime} IN ({zonedtime}, {zonedtime}))", "isfinite({second})", "(({uuid}, {int}) < ({uuid}, {int}))",
    ],
    "date": ["{second}::DATE", "{milli}::DATE", "{nano}::DATE", "date_trunc('month', {second})::DATE", "last_day({milli}::TIMESTAMP)"],
    "timestamp": [
        "{second}::TIMESTAMP", "{milli}::TIMESTAMP", "{nano}::TIMESTAMP", "({second} + INTERVAL 1 DAY)::TIMESTAMP", "({nano} - INTERVAL 2 HOUR)::TIMESTAMP",
        "date_trunc('hour', {nano})::TIMESTAMP", "time_bucket(INTERVAL 2 DAY, {milli}::TIMESTAMP)", "coalesce({second}, {timestamp})::TIMESTAMP",
        "greatest({milli}, {timestamp})::TIMESTAMP", "date_trunc('day', {second})::TIMESTAMP",
    ],
    "time": ["{second}::TIME", "{nano}::TIMESTAMP::TIME", "{zonedtime}::TIME"],
    "zoned": ["{second}::TIMESTAMPTZ", "({date} + {zonedtime})", "{milli}::TIMESTAMPTZ"],
    "interval": ["({nano} - {nano})", "({second} - {second})", "({milli} - {milli})", "age({second}::TIMESTAMP, {milli}::TIMESTAMP)"],
    "list": [
        "{array}::INTEGER[]", "list_transform({array}, lambda x: x + 1)", "list_sort({array})", "list_filter({array}, lambda x: x > 1)", "list_concat({array}, {list})",
        "list_transform(({deep}).l, lambda e: e.v)", "list_slice({array}, 1, 2)", "list_reverse({array})", "list_append({array}, {small})", "list_distinct({array}).list_sort()",
        "[({union}).n, {small}]", "flatten([{array}, {array}])",
    ],
    "texts": ["list_transform(({deep}).l, lambda e: e.k)", "[({union}).t, {text}]", "[{uuid}::VARCHAR, {bit}::VARCHAR]", "list_transform({array}, lambda x: x || '')"],
    "struct": ["{{'a': ({deep}).p.x, 'b': ({deep}).p.y}}", "{{'a': ({union}).n, 'b': ({union}).t}}"],
    "map": ["map_from_entries(list_distinct(list_transform(({deep}).l[:1], lambda e: {{'k': coalesce(e.k, ''), 'v': e.v}})))"],
    "json": ["to_json({deep})", "to_json({array})", "to_json({uuid})", "to_json({bit}::VARCHAR)"],
    "second": [
        "{timestamp}::TIMESTAMP_S", "{date}::TIMESTAMP_S", "{milli}::TIMESTAMP_S", "greatest({second}, {second})", "least({second}, {second})",
        "list_max([{second}, {second}])", "try_cast({text} AS TIMESTAMP_S)", "({second} + INTERVAL 90 SECOND)::TIMESTAMP_S",
    ],
    "milli": ["{timestamp}::TIMESTAMP_MS", "{second}::TIMESTAMP_MS", "{nano}::TIMESTAMP_MS", "greatest({milli}, {milli})", "try_cast({text} AS TIMESTAMP_MS)", "list_min([{milli}, {milli}])"],
    "nano": [
        "{timestamp}::TIMESTAMP_NS", "{second}::TIMESTAMP_NS", "{milli}::TIMESTAMP_NS", "make_timestamp_ns({int})", "make_timestamp_ns(1600000000000000000 + {int})",
        "least({nano}, {nano})", "(strftime({timestamp}, '%Y-%m-%d %H:%M:%S') || '.123456789')::TIMESTAMP_NS", "try_cast({text} AS TIMESTAMP_NS)", "({nano}::VARCHAR)::TIMESTAMP_NS",
    ],
    "zonedtime": ["{time}::TIMETZ", "({zonedtime} + INTERVAL 1 HOUR)", "({zonedtime} - {interval})", "({zonedtime}::VARCHAR)::TIMETZ"],
    "bit": [
        "({bit} & {bit})", "('0101'::BIT | '1100'::BIT)", "xor('0111'::BIT, '1110'::BIT)", "~{bit}", "({bit} << {small} % 2)", "({bit} >> 1)", "({bit} || {bit})::BIT", "{int}::TINYINT::BIT",
        "{small}::UTINYINT::BIT", "bitstring({bit}, 24)", "set_bit({bit}, 0, 1)", "{bool}::BIT", "({bit}::VARCHAR)::BIT", "bitstring('1', {small})", "substring({bit}::VARCHAR, 1, 2)::BIT",
    ],
    "union": [
        # Never a member that is NULL: DuckDB compares such unions as NULL, olap as values.
        "coalesce({int}::INTEGER, 2)::UNION(n INTEGER, t VARCHAR)", "coalesce({text}, 'u')::UNION(n INTEGER, t VARCHAR)", "union_value(n := ifnull({int}::INTEGER, 3))::UNION(n INTEGER, t VARCHAR)",
        "greatest({union}, {union})", "list_max([{union}, {union}])", "list_sort([{union}, {union}])[1]",
    ],
    "blob": ["encode({text})", "({blob} || {blob})", "unhex(hex({text}))", "from_base64(base64({blob}))", "greatest({blob}, {blob})", "from_hex('4' || {small})", "md5({text})::BLOB"],
    "uuid": ["md5({text})::UUID", "least({uuid}, {uuid})", "({uuid}::VARCHAR)::UUID", "greatest({uuid}, {uuid})", "try_cast({text} AS UUID)", "md5({int}::VARCHAR)::UUID"],
    "array": [
        "array_value({int}::INTEGER, {small}, NULL::INTEGER)", "[{small}, {int}::INTEGER, {small}]::INTEGER[3]", "list_resize({list}, 3)::INTEGER[3]", "greatest({array}, {array})",
        "list_sort({array})::INTEGER[3]", "list_max([{array}, {array}])", "({array}::VARCHAR)::INTEGER[3]", "list_transform({array}, lambda x: x * {small})::INTEGER[3]",
    ],
    "deep": [
        "{{'p': {{'x': {int}::INTEGER, 'y': {text} }}, 'l': [{{'k': {text}, 'v': {small} }}]}}", "struct_update({deep}, p := {{'x': {small}, 'y': {text} }})",
        "{{'p': ({deep}).p, 'l': list_concat(({deep}).l, ({deep}).l)}}", "{{'p': ({deep}).p, 'l': list_filter(({deep}).l, lambda e: e.v > {small})}}",
        "{{'p': ({deep}).p, 'l': list_sort(({deep}).l)}}", "greatest({deep}, {deep})", "list_max([{deep}, {deep}])", "{{'p': NULL, 'l': []}}::STRUCT(p STRUCT(x INTEGER, y VARCHAR), l STRUCT(k VARCHAR, v INTEGER)[])",
    ],
}

RARE_AGGREGATES = {
    "second": ["max({second})", "min({second})", "arg_max({second}, {id})", "first({second} ORDER BY {id})"],
    "milli": ["max({milli})", "min({milli})", "arg_min({milli}, {id})"],
    "nano": ["max({nano})", "min({nano})", "last({nano} ORDER BY {id})", "quantile_disc({nano}, 0.5)"],
    "zonedtime": ["arg_max({zonedtime}, {id})", "max({zonedtime})", "min({zonedtime})"],
    "bit": ["bit_and({small}::UTINYINT::BIT)", "bit_or({small}::UTINYINT::BIT)", "bit_xor({small}::UTINYINT::BIT)", "max({bit})", "min({bit})", "bitstring_agg({small}::INTEGER, 0, 6)", "arg_max({bit}, {id})"],
    "union": ["max({union})", "min({union})", "arg_max({union}, {id})", "first({union} ORDER BY {id})"],
    "blob": ["max({blob})", "min({blob})", "arg_max({blob}, {id})"],
    "uuid": ["max({uuid})", "min({uuid})", "arg_min({uuid}, {id})"],
    "array": ["max({array})", "min({array})", "arg_max({array}, {id})", "first({array} ORDER BY {id})"],
    "deep": ["max({deep})", "min({deep})", "arg_max({deep}, {id})", "last({deep} ORDER BY {id})"],
    "int": ["count(DISTINCT {deep})", "count(DISTINCT {union})", "count(DISTINCT {array})", "count(DISTINCT {uuid})", "count(DISTINCT {bit})", "count(DISTINCT {struct})", "count(DISTINCT {list})", "count(DISTINCT {map})", "count(DISTINCT {nano})"],
    "text": ["list({deep} ORDER BY {id})::VARCHAR", "list({union} ORDER BY {id})::VARCHAR", "list({array} ORDER BY {id})::VARCHAR", "list_sort(list(DISTINCT {struct}))::VARCHAR", "list({bit} ORDER BY {id})::VARCHAR",
             "list_sort(list(DISTINCT {nano}))::VARCHAR", "list_sort(list(DISTINCT {uuid}))::VARCHAR", "list_sort(list(DISTINCT {deep}))::VARCHAR", "histogram({second})::VARCHAR", "list({zonedtime} ORDER BY {id})::VARCHAR",
             "list({struct} ORDER BY {struct}, {id})::VARCHAR", "list({list} ORDER BY {list} DESC, {id})::VARCHAR", "max({deep}, 2)::VARCHAR", "min({array}, 2)::VARCHAR", "arg_max({deep}, {id}, 2)::VARCHAR"],
}


def rare_literal(random, words, kind, n):
    """A literal of one of RARE_TYPES; n is below the spread of the column's values."""
    day = f"{2020 + n % 5}-{1 + n % 12:02}-{1 + random.randrange(28):02}"
    clock = f"{random.randrange(24):02}:{random.randrange(60):02}:{random.randrange(60):02}"
    word = random.choice(words)
    match kind:
        case "second":
            return f"TIMESTAMP_S '{day} {clock}'"
        case "milli":
            return f"TIMESTAMP_MS '{day} {clock}.{random.randrange(1000):03}'"
        case "nano":
            return f"TIMESTAMP_NS '{day} {clock}.{random.randrange(10**9):09}'"
        case "zonedtime":
            return f"TIMETZ '{clock}{random.choice(['+00', '+02', '-05:30'])}'"
        case "bit":
            return f"'{n % 8:04b}'::BIT"
        case "union":
            value = random.choice([f"n := {n}", f"t := '{word}'"])
            return f"union_value({value})::UNION(n INTEGER, t VARCHAR)"
        case "blob":
            return random.choice([f"'\\x{n:02X}'::BLOB", f"'a{n}'::BLOB", "''::BLOB"])
        case "uuid":
            return f"'{random.choice(['0', 'f'])}0000000-0000-0000-0000-0000000000{n:02}'::UUID"
        case "array":
            return random.choice([f"[{n}, 1, 2]::INTEGER[3]", f"[1, NULL, {n}]::INTEGER[3]", "[1, 2, 3]::INTEGER[3]"])
        case "deep":
            items = random.choice([f"[{{'k': '{word}', 'v': {n}}}]", "[]::STRUCT(k VARCHAR, v INTEGER)[]", f"[{{'k': 'a', 'v': 1}}, {{'k': NULL, 'v': {n}}}]"])
            return f"{{'p': {{'x': {n}, 'y': '{word}'}}, 'l': {items}}}"
