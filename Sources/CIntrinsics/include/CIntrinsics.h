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
#endif
