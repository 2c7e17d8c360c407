#include "CRE2.h"

#include <re2/re2.h>

#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

struct olap_regex {
  explicit olap_regex(const re2::StringPiece &pattern, const RE2::Options &options)
      : expression(pattern, options) {}
  RE2 expression;
};

extern "C" {

olap_regex *olap_regex_create(
    const char *pattern, size_t length, int options, char *error, size_t error_capacity) {
  RE2::Options settings(RE2::DefaultOptions);
  settings.set_log_errors(false);
  settings.set_max_mem(64 << 20);
  settings.set_case_sensitive((options & OLAP_REGEX_IGNORE_CASE) == 0);
  settings.set_literal((options & OLAP_REGEX_LITERAL) != 0);
  settings.set_dot_nl((options & OLAP_REGEX_DOT_NEWLINE) != 0);
  std::string text(pattern, length);
  if (options & OLAP_REGEX_MULTILINE) text = "(?m)" + text;
  std::unique_ptr<olap_regex> regex(new (std::nothrow) olap_regex(text, settings));
  if (regex && regex->expression.ok()) return regex.release();
  if (error_capacity > 0) {
    const std::string reason = regex ? regex->expression.error() : "out of memory";
    const size_t count = reason.size() < error_capacity - 1 ? reason.size() : error_capacity - 1;
    std::memcpy(error, reason.data(), count);
    error[count] = 0;
  }
  return nullptr;
}

void olap_regex_destroy(olap_regex *regex) { delete regex; }

int olap_regex_group_count(const olap_regex *regex) {
  return regex->expression.NumberOfCapturingGroups();
}

int olap_regex_match(
    const olap_regex *regex, const char *text, size_t length, size_t from, int anchored,
    int64_t *offsets, int group_count) {
  if (from > length) return 0;
  re2::StringPiece input(text, length);
  re2::StringPiece few[8];
  std::vector<re2::StringPiece> many;
  re2::StringPiece *groups = few;
  if (group_count > 8) {
    many.resize(group_count);
    groups = many.data();
  }
  const bool found = regex->expression.Match(
      input, from, length, anchored ? RE2::ANCHOR_BOTH : RE2::UNANCHORED, groups, group_count);
  if (!found) return 0;
  for (int i = 0; i < group_count; i++) {
    if (groups[i].data() == nullptr) {
      offsets[2 * i] = -1;
      offsets[2 * i + 1] = -1;
    } else {
      offsets[2 * i] = groups[i].data() - text;
      offsets[2 * i + 1] = offsets[2 * i] + static_cast<int64_t>(groups[i].size());
    }
  }
  return 1;
}
}
