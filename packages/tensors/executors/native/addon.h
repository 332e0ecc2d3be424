#pragma once
#include <stddef.h>

/** A kernel behind one signature. build.ts writes the table of all of them from their own signatures. */
typedef struct {
  const char *name;
  /** How many arguments it has. */
  int count;
  void (*call)(char *memory, const double *arguments);
} Kernel;

/** Byte 0 is no place. */
static inline void *place(char *memory, double byte) { return byte ? memory + (size_t)byte : NULL; }

extern const Kernel KERNELS[];
extern const int KERNEL_COUNT;
