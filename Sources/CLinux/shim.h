// Makes Linux interfaces visible that Swift's Glibc module leaves out, and turns macros into functions.
// _GNU_SOURCE must never be defined here: it breaks the import of Glibc.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

// Declared by glibc only under _GNU_SOURCE.
extern int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
extern int pipe2(int ends[2], int flags);
extern ssize_t splice(int in, __off64_t *in_offset, int out, __off64_t *out_offset, size_t length, unsigned int flags);
extern int pthread_setname_np(pthread_t thread, const char *name);
extern int memfd_create(const char *name, unsigned int flags);
extern int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);

// A file without a name. The macro exists only under _GNU_SOURCE, and O_DIRECTORY differs between machines.
static inline int gh_unnamed_file(void) { return 020000000 | O_DIRECTORY; }

// Asks for the cache lines that hold the first bytes of something that will be written soon. Any address will do.
static inline void gh_expect_writes(uintptr_t start) {
    __builtin_prefetch((const char *)start, 1);
    __builtin_prefetch((const char *)start + 64, 1);
}

enum {
    GH_SPLICE_NONBLOCK = 2,
    GH_SPLICE_MOVE = 1,
    GH_SPLICE_MORE = 4,
    GH_SET_PIPE_SIZE = 1031,
    GH_ADD_SEALS = 1033,
    // Neither more seals, nor shorter, nor longer, nor other bytes.
    GH_SEAL_ALL = 15
};

// Flags of memfd_create, which are unsigned.
static const unsigned int GH_MEMFD_CLOEXEC = 1;
static const unsigned int GH_MEMFD_SEALABLE = 2;
