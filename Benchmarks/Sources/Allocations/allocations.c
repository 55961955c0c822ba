/* Counts the heap allocations of a worker: LD_PRELOAD=liballocations.so ALLOCATIONS=FILE gatehouse serve ...

   FILE becomes a mapped `struct account`, so that what watches reads the count at any time and the process counted
   never has to be asked. Only threads that are named as workers are counted; other threads may allocate. What nghttp2
   and OpenSSL ask for is counted apart, told by where the call comes from. */
#define _GNU_SOURCE
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* What glibc calls its own allocator, whoever stands in front of it. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

struct account {
    /* Allocations by workers so far. */
    _Atomic uint64_t count;
    /* How many more allocations print where they come from; whoever watches sets it. */
    _Atomic int64_t traces;
    /* Allocations by workers that libraries made for themselves; `count` has none of them. */
    _Atomic uint64_t library_count;
};

/* Where the code of these libraries lies. */
static const char *const libraries[] = {"/libnghttp2.so", "/libssl.so", "/libcrypto.so"};
static struct { uintptr_t start, end; } ranges[16];
static int range_count;

static const char worker_prefix[] = "worker-";
static struct account *account;

/* The initial-exec model, for the general one may allocate on first use. */
static __thread int is_worker __attribute__((tls_model("initial-exec")));
static __thread int is_tracing __attribute__((tls_model("initial-exec")));

static void open_account(void) __attribute__((constructor));

static int note_library(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    int is_known = 0;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        is_known = is_known || strstr(info->dlpi_name, libraries[i]) != NULL;
    for (int i = 0; is_known && i < info->dlpi_phnum && range_count < 16; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X)) continue;
        ranges[range_count].start = info->dlpi_addr + header->p_vaddr;
        ranges[range_count].end = ranges[range_count].start + header->p_memsz;
        range_count++;
    }
    return 0;
}

static int is_library(const void *caller) {
    for (int i = 0; i < range_count; i++)
        if ((uintptr_t)caller >= ranges[i].start && (uintptr_t)caller < ranges[i].end) return 1;
    return 0;
}

static void open_account(void) {
    const char *path = getenv("ALLOCATIONS");
    if (path == NULL) return;
    dl_iterate_phdr(note_library, NULL);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return;
    if (ftruncate(file, sizeof(struct account)) == 0) {
        void *mapped = mmap(NULL, sizeof(struct account), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (mapped != MAP_FAILED) account = mapped;
    }
    close(file);
}

/* Threads get their name after their first allocations, so a thread is asked until it turns out to be a worker. */
static int asks_as_worker(void) {
    if (is_worker) return 1;
    char name[16] = "";
    prctl(PR_GET_NAME, name);
    is_worker = strncmp(name, worker_prefix, sizeof worker_prefix - 1) == 0;
    return is_worker;
}

static void count(const void *caller) {
    if (account == NULL || is_tracing || !asks_as_worker()) return;
    if (is_library(caller)) {
        atomic_fetch_add_explicit(&account->library_count, 1, memory_order_relaxed);
        return;
    }
    atomic_fetch_add_explicit(&account->count, 1, memory_order_relaxed);
    if (atomic_load_explicit(&account->traces, memory_order_relaxed) <= 0) return;
    if (atomic_fetch_sub_explicit(&account->traces, 1, memory_order_relaxed) <= 0) return;
    is_tracing = 1;
    void *frames[24];
    backtrace_symbols_fd(frames, backtrace(frames, 24), STDERR_FILENO);
    if (write(STDERR_FILENO, "\n", 1) < 0) account->traces = 0;
    is_tracing = 0;
}

void *malloc(size_t size) {
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count(__builtin_return_address(0));
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
    count(__builtin_return_address(0));
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
    count(__builtin_return_address(0));
    void *memory = __libc_memalign(alignment, size);
    if (memory == NULL) return ENOMEM;
    *result = memory;
    return 0;
}
