// One ZeroMQ hop in plain C: the yardstick of our wrapper.
//
//     hop-c MESSAGES BYTES
//
// One PUSH sends to one PULL over tcp on the loopback, from one context to another, as two processes would; prints
// messages a second from the first that has arrived to the last.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

static long messages;
static size_t bytes;
static char address[256];

static void check(int right, const char *what) {
    if (right) return;
    fprintf(stderr, "hop-c: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static void *send_all(void *unused) {
    (void)unused;
    void *context = zmq_ctx_new();
    void *push = zmq_socket(context, ZMQ_PUSH);
    int mark = 256;
    check(zmq_setsockopt(push, ZMQ_SNDHWM, &mark, sizeof mark) == 0, "set the high-water mark");
    check(zmq_connect(push, address) == 0, "connect");
    char *payload = malloc(bytes);
    check(payload != NULL, "allocate");
    memset(payload, 'a', bytes);
    for (long sent = 0; sent <= messages; sent++) check(zmq_send(push, payload, bytes, 0) >= 0, "send");
    free(payload);
    zmq_close(push);
    zmq_ctx_term(context);
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 3 || (messages = atol(arguments[1])) < 1 || atol(arguments[2]) < 1) {
        fprintf(stderr, "usage: hop-c MESSAGES BYTES\n");
        return 64;
    }
    bytes = (size_t)atol(arguments[2]);
    void *context = zmq_ctx_new();
    void *pull = zmq_socket(context, ZMQ_PULL);
    int mark = 256;
    check(zmq_setsockopt(pull, ZMQ_RCVHWM, &mark, sizeof mark) == 0, "set the high-water mark");
    check(zmq_bind(pull, "tcp://127.0.0.1:*") == 0, "bind");
    size_t length = sizeof address;
    check(zmq_getsockopt(pull, ZMQ_LAST_ENDPOINT, address, &length) == 0, "read the address");
    pthread_t sender;
    check(pthread_create(&sender, NULL, send_all, NULL) == 0, "start a thread");
    struct timespec start, end;
    zmq_msg_t message;
    for (long received = 0; received <= messages; received++) {
        check(zmq_msg_init(&message) == 0, "make a message");
        check(zmq_msg_recv(&message, pull, 0) >= 0, "receive");
        zmq_msg_close(&message);
        // The first one shows that the connection is there.
        if (received == 0) clock_gettime(CLOCK_MONOTONIC, &start);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    pthread_join(sender, NULL);
    zmq_close(pull);
    zmq_ctx_term(context);
    double seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    printf("%.0f\n", (double)messages / seconds);
    return 0;
}
