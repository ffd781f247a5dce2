// posix_spawn(3) with what glibc shows only to those who define _GNU_SOURCE.
#pragma once
#include <spawn.h>

// Closes all files from this one on (glibc 2.34).
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
