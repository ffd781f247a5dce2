// Tells the thread sanitizer what Swift's Mutex does where the sanitizer cannot see it.
//
// Swift 6.3 on Linux inlines the lock's quick path into the program, which is instrumented, but a lock that somebody
// waits for is taken and given back in libswiftSynchronization.so (a futex of the kernel), which is not. So the sanitizer
// misses that what one holder wrote happened before what the next one reads, and reports races inside every contended
// lock; Tests/Sanitizers/contended.swift is the least program that shows it. This library is preloaded, passes
// both calls on, and adds the two facts. It hides nothing: an access outside of the lock is reported as before.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

// In the sanitizer's runtime; absent in processes without it, such as `swift test` itself.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef __attribute__((swiftcall)) void Lock(uint32_t thread, __attribute__((swift_context)) void *mutex);
typedef __attribute__((swiftcall)) void Unlock(__attribute__((swift_context)) void *mutex);

Lock mendline_lock_slow __asm__(LOCK);
Unlock mendline_unlock_slow __asm__(UNLOCK);

__attribute__((swiftcall)) void mendline_lock_slow(uint32_t thread, __attribute__((swift_context)) void *mutex) {
  ((Lock *)dlsym(RTLD_NEXT, LOCK))(thread, mutex);
  if (__tsan_acquire) __tsan_acquire(mutex);
}

__attribute__((swiftcall)) void mendline_unlock_slow(__attribute__((swift_context)) void *mutex) {
  if (__tsan_release) __tsan_release(mutex);
  ((Unlock *)dlsym(RTLD_NEXT, UNLOCK))(mutex);
}
