// The kernels as a module of Node: memory, and lists of calls that run in one go.
#include "addon.h"
#include <node_api.h>
#include <sys/mman.h>

static napi_value failed(napi_env env, const char *why) {
  napi_throw_error(env, NULL, why);
  return NULL;
}

static void unmap(napi_env env, void *data, void *hint) { munmap(data, (size_t)hint); }

/** memory(bytes): an ArrayBuffer of zeros that begins at a page. */
static napi_value memory(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument, buffer;
  double bytes = 0;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  napi_get_value_double(env, argument, &bytes);
  void *data = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return failed(env, "the system gives no more memory");
  if (napi_create_external_arraybuffer(env, data, (size_t)bytes, unmap, (void *)(size_t)bytes, &buffer) == napi_ok)
    return buffer;
  munmap(data, (size_t)bytes);
  return failed(env, "this Node takes no memory from outside");
}

/** run(memory, calls): `calls` is a Float64Array of (index of a kernel, its arguments) one after another. */
static napi_value run(napi_env env, napi_callback_info info) {
  size_t count = 2, length = 0;
  napi_value arguments[2];
  void *data = NULL, *calls = NULL;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  if (napi_get_arraybuffer_info(env, arguments[0], &data, NULL) != napi_ok) return failed(env, "no memory");
  if (napi_get_typedarray_info(env, arguments[1], NULL, &length, &calls, NULL, NULL) != napi_ok)
    return failed(env, "no calls");
  for (const double *at = calls, *end = at + length; at < end;) {
    const Kernel *kernel = &KERNELS[(int)*at];
    kernel->call(data, at + 1);
    at += 1 + kernel->count;
  }
  return NULL;
}

static void add_function(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function);
  napi_set_named_property(env, exports, name, function);
}

/** Exports memory, run, and `kernels`: by name, its index. */
NAPI_MODULE_INIT() {
  napi_value kernels, index;
  napi_create_object(env, &kernels);
  for (int i = 0; i < KERNEL_COUNT; i++) {
    napi_create_int32(env, i, &index);
    napi_set_named_property(env, kernels, KERNELS[i].name, index);
  }
  napi_set_named_property(env, exports, "kernels", kernels);
  add_function(env, exports, "memory", memory);
  add_function(env, exports, "run", run);
  return exports;
}
