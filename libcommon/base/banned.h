/* banned.h - calls that have hurt others, made compile errors (forced in by -include). */
#ifndef DORG_BANNED_H
#define DORG_BANNED_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#pragma GCC poison atoi atol atof strcpy strcat sprintf vsprintf strtok gets srand
#endif
