// Header-only intrinsics that inline into Swift (spec/architecture.md, "shims").
#ifndef OLAP_C_INTRINSICS_H
#define OLAP_C_INTRINSICS_H
#include <stdint.h>
#include <stddef.h>
#include <string.h>

/// Asks the processor to fetch the cache line at `address` for reading.
static inline void olap_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/// CRC32C of `byteCount` bytes, continuing from `seed` (hardware instruction where present).
static inline uint32_t olap_crc32c(uint32_t seed, const void *bytes, size_t byteCount) {
  const unsigned char *p = (const unsigned char *)bytes;
#if defined(__SSE4_2__)
  uint64_t crc = (uint32_t)~seed;
  while (byteCount >= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    crc = __builtin_ia32_crc32di(crc, word);
    p += 8;
    byteCount -= 8;
  }
  uint32_t tail = (uint32_t)crc;
  while (byteCount--) tail = __builtin_ia32_crc32qi(tail, *p++);
  return ~tail;
#else
  uint32_t crc = ~seed;
  while (byteCount--) {
    crc ^= *p++;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1)));
  }
  return ~crc;
#endif
}

#if defined(__AVX2__)
#include <immintrin.h>
#endif

/// First byte in [p, end) that equals `a` or `b`; `end` when there is none. Bytes up to 32 past `end`
/// must be readable.
static inline const uint8_t *olap_find_either(const uint8_t *p, const uint8_t *end, uint8_t a, uint8_t b) {
#if defined(__AVX2__)
  const __m256i va = _mm256_set1_epi8((char)a), vb = _mm256_set1_epi8((char)b);
  while (p < end) {
    __m256i x = _mm256_loadu_si256((const __m256i *)p);
    uint32_t mask = (uint32_t)_mm256_movemask_epi8(
        _mm256_or_si256(_mm256_cmpeq_epi8(x, va), _mm256_cmpeq_epi8(x, vb)));
    if (mask) {
      p += __builtin_ctz(mask);
      return p < end ? p : end;
    }
    p += 32;
  }
  return end;
#else
  while (p < end && *p != a && *p != b) p++;
  return p;
#endif
}

/// Counts bytes equal to `a` in [p, p + n).
static inline size_t olap_count_byte(const uint8_t *p, size_t n, uint8_t a) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) count += p[i] == a;
  return count;
}

/// 1 when the CPU has what `-march=x86-64-v3` code needs, else 0.
static inline int olap_cpu_supported(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
#else
  return 1;
#endif
}

/// First place of `needle` in `text`, or null (memmem, which Swift does not see).
static inline const void *olap_find(
    const void *text, size_t text_count, const void *needle, size_t needle_count) {
  extern void *memmem(const void *, size_t, const void *, size_t);
  return memmem(text, text_count, needle, needle_count);
}
/// What the calling thread works for (an object the thread does not own); null for nothing.
extern _Thread_local void *olap_thread_statement;
static inline void *olap_statement(void) { return olap_thread_statement; }
static inline void olap_set_statement(void *statement) { olap_thread_statement = statement; }

#endif
