// libzmq as Swift sees it, and the few Linux calls that `import Glibc` lacks.
//
// Only the ZeroMQ target (and its tests) may import this module.

#ifndef CZEROMQ_H
#define CZEROMQ_H

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <zmq.h>

// libzmq 4.3 has this option in every build (options.cpp), but names it to those who ask for drafts only.
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

/// A new eventfd with count 0, or -1 with errno set.
///
/// Non-blocking: neither waking nor clearing may ever wait. Close-on-exec: child processes must not inherit it.
static inline int CZeroMQ_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

/// Names the calling thread as `ps -L`, `top -H` and gdb show it; the kernel keeps 15 bytes.
static inline void CZeroMQ_name_this_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/// Waits until `socket` has one of `events`, or `descriptor` is readable, or `timeout` milliseconds (-1: for ever) are over.
///
/// Returns what zmq_poll returns: the number of ready items, 0 on timeout, -1 with errno set.
static inline int CZeroMQ_wait(void *socket, short events, int descriptor, long timeout)
{
    zmq_pollitem_t items[2] = {
        {.socket = socket, .fd = 0, .events = events, .revents = 0},
        {.socket = 0, .fd = descriptor, .events = ZMQ_POLLIN, .revents = 0},
    };
    return zmq_poll(items, 2, timeout);
}

#endif
