// The few calls of RE2 the engine needs, as C.
#ifndef OLAP_CRE2_H
#define OLAP_CRE2_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/// A compiled regular expression; thread-safe once made.
typedef struct olap_regex olap_regex;

enum {
  OLAP_REGEX_IGNORE_CASE = 1,
  OLAP_REGEX_LITERAL = 2,
  /// `.` matches a line feed too.
  OLAP_REGEX_DOT_NEWLINE = 4,
  /// `^` and `$` match at lines.
  OLAP_REGEX_MULTILINE = 8,
};

/// Compiles a pattern. On failure gives null and up to `error_capacity` bytes of reason.
olap_regex *olap_regex_create(
    const char *pattern, size_t length, int options, char *error, size_t error_capacity);
void olap_regex_destroy(olap_regex *regex);

/// Number of capturing groups.
int olap_regex_group_count(const olap_regex *regex);

/// Searches text from byte `from`. 1 when found; then offsets[2i], offsets[2i + 1] are start and end
/// of group i (0 is the whole match), -1 when the group took no part. `anchored` asks for a match of
/// the whole text.
int olap_regex_match(
    const olap_regex *regex, const char *text, size_t length, size_t from, int anchored,
    int64_t *offsets, int group_count);

#ifdef __cplusplus
}
#endif
#endif
