// Makes libmaxminddb visible to Swift.
#pragma once
#include <maxminddb.h>
#include <netinet/in.h>
