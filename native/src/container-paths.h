// Paths below a container's root, for the steps between clone and exec: async-signal-safe.
//
// Each is resolved by openat2(2) with RESOLVE_IN_ROOT: absolute paths, links and ".." stay below
// the root, and the magic links of /proc fail.

#ifndef SLIPWAY_CONTAINER_PATHS_H_
#define SLIPWAY_CONTAINER_PATHS_H_

namespace slipway {

// Returns a descriptor, close-on-exec, or -1 with errno.
int OpenIn(int root_fd, const char* path, int flags);

// Opens a target with O_PATH, and makes what is missing of it: folders, and an empty file as its
// last component if it is to be one; also where a link leads to a missing place in the root.
int MakeIn(int root_fd, const char* target, bool is_file);

// "/proc/self/fd/NUMBER", which names what the descriptor has opened.
struct DescriptorPath {
  char text[40];
};

DescriptorPath PathOf(int fd);

}  // namespace slipway

#endif  // SLIPWAY_CONTAINER_PATHS_H_
