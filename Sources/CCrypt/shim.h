// Makes libcrypt's reentrant crypt(3) visible to Swift.
#pragma once
#include <crypt.h>
