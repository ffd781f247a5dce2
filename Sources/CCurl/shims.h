#ifndef CCURL_SHIMS_H
#define CCURL_SHIMS_H

#include <curl/curl.h>
#include <pthread.h>

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or later is needed (CURLOPT_QUICK_EXIT): install libcurl4-openssl-dev of Debian 12 or later"
#endif

/* Swift cannot call variadic C functions, so each argument type that libcurl's
   option calls take has a function of its own here. The name is put in brackets
   so that the type-checking macros of <curl/curl.h> stay out of the way. */

static inline CURLcode CCurl_easy_setopt_long(CURL *handle, CURLoption option, long value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode CCurl_easy_setopt_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode CCurl_easy_setopt_string(CURL *handle, CURLoption option, const char *value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode CCurl_easy_setopt_pointer(CURL *handle, CURLoption option, const void *value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode CCurl_easy_setopt_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return (curl_easy_setopt)(handle, option, value);
}

/* CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION have this one shape. */
typedef size_t (*CCurl_data_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode CCurl_easy_setopt_data_callback(CURL *handle, CURLoption option, CCurl_data_callback value) {
    return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode CCurl_easy_setopt_prereq_callback(CURL *handle, curl_prereq_callback value) {
    return (curl_easy_setopt)(handle, CURLOPT_PREREQFUNCTION, value);
}

static inline CURLcode CCurl_easy_getinfo_long(CURL *handle, CURLINFO info, long *value) {
    return (curl_easy_getinfo)(handle, info, value);
}

static inline CURLMcode CCurl_multi_setopt_long(CURLM *multi, CURLMoption option, long value) {
    return (curl_multi_setopt)(multi, option, value);
}

/* CURL_GLOBAL_DEFAULT is an expression of other macros, which Swift does not import. */
static inline CURLcode CCurl_global_init(void) {
    return curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Not part of `import Glibc` without _GNU_SOURCE, hence declared here. Names the calling thread; at most 15 bytes. */
#if defined(__APPLE__)
static inline int CCurl_name_thread(const char *name) {
    return pthread_setname_np(name);
}
#else
extern int pthread_setname_np(pthread_t thread, const char *name);

static inline int CCurl_name_thread(const char *name) {
    return pthread_setname_np(pthread_self(), name);
}
#endif

#endif
