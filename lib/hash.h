/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hash functions for in-memory tables. Not for anything hostile or stored. */
#ifndef UFS_HASH_H
#define UFS_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Mix the bits of X: the finaliser of SplitMix64 (public-domain constants). */
static inline uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* FNV-1a over LEN bytes, started from SEED, mixed at the end. */
static inline uint64_t hash_bytes(const void *data, size_t len, uint64_t seed)
{
	const unsigned char *p = data;
	uint64_t h = 0xcbf29ce484222325ULL ^ seed;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3ULL;
	return hash_u64(h);
}

#endif
