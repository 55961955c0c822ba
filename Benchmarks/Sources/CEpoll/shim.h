#ifndef GATEHOUSE_BENCHMARKS_CEPOLL_H
#define GATEHOUSE_BENCHMARKS_CEPOLL_H

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>

/* stderr is a mutable global, which Swift won't touch. */
static inline void bench_complain(const char *what) { fprintf(stderr, "%s\n", what); }

/* prctl is variadic, which Swift can't call. */
static inline int bench_set_timer_slack(unsigned long nanoseconds) { return prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0); }

#endif
