// Paths below a container's root (container-paths.h).

#include "container-paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "spawn-child.h"

namespace slipway {

namespace {

// As many as the kernel follows (path_resolution(7)).
const int kMaxLinks = 40;
// openat2(2) answers EAGAIN when a rename may have led it out of the root.
const int kMaxTries = 64;

ON_CHILD_STACK bool Append(char* path, size_t* length, const char* text, size_t bytes) {
  if (*length + bytes >= PATH_MAX) {
    errno = ENAMETOOLONG;
    return false;
  }
  memcpy(path + *length, text, bytes);
  *length += bytes;
  path[*length] = '\0';
  return true;
}

// The first component of `path` that is missing: where it begins and ends. False: none is.
ON_CHILD_STACK bool FindMissing(int root_fd, char* path, size_t* begin, size_t* end) {
  size_t at = 0;
  while (path[at] != '\0') {
    while (path[at] == '/') at++;
    *begin = at;
    while (path[at] != '/' && path[at] != '\0') at++;
    *end = at;
    if (*begin == *end) return false;
    const char after = path[at];
    path[at] = '\0';
    const int fd = OpenIn(root_fd, path, O_PATH);
    path[at] = after;
    if (fd == -1) return true;
    close(fd);
  }
  return false;
}

// `path` with a dangling link of it, at `begin` to `end`, replaced by what the link says.
ON_CHILD_STACK bool FollowLink(int parent_fd, char* path, size_t begin, size_t end) {
  char name[NAME_MAX + 1] = {};
  char link[PATH_MAX];
  char result[PATH_MAX];
  if (end - begin > NAME_MAX) return false;
  memcpy(name, path + begin, end - begin);
  const ssize_t bytes = readlinkat(parent_fd, name, link, sizeof link - 1);
  if (bytes <= 0) return false;
  size_t length = 0;
  if (link[0] != '/' && !Append(result, &length, path, begin)) return false;
  if (!Append(result, &length, link, static_cast<size_t>(bytes))) return false;
  if (!Append(result, &length, path + end, strlen(path + end))) return false;
  memcpy(path, result, length + 1);
  return true;
}

// Makes one component. Returns false with errno.
ON_CHILD_STACK bool MakeOne(int parent_fd, const char* path, size_t begin, size_t end,
                            bool is_file) {
  char name[NAME_MAX + 1] = {};
  if (end - begin > NAME_MAX) {
    errno = ENAMETOOLONG;
    return false;
  }
  memcpy(name, path + begin, end - begin);
  if (!is_file) return mkdirat(parent_fd, name, 0755) == 0;
  const int fd =
      openat(parent_fd, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0644);
  if (fd == -1) return false;
  close(fd);
  return true;
}

}  // namespace

ON_CHILD_STACK int OpenIn(int root_fd, const char* path, int flags) {
  struct open_how how = {};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  for (int tries = 0; tries < kMaxTries; tries++) {
    const long fd = syscall(SYS_openat2, root_fd, path, &how, sizeof how);
    if (fd != -1 || errno != EAGAIN) return static_cast<int>(fd);
  }
  return -1;
}

ON_CHILD_STACK int MakeIn(int root_fd, const char* target, bool is_file) {
  // Most targets are there.
  const int there = OpenIn(root_fd, target, O_PATH);
  if (there != -1 || errno != ENOENT) return there;
  char path[PATH_MAX];
  size_t length = 0;
  if (!Append(path, &length, target, strlen(target))) return -1;
  for (int links = 0; links < kMaxLinks;) {
    size_t begin = 0;
    size_t end = 0;
    if (!FindMissing(root_fd, path, &begin, &end)) return OpenIn(root_fd, path, O_PATH);
    if (errno != ENOENT) return -1;
    const char first = path[begin];
    path[begin] = '\0';
    const int parent_fd = OpenIn(root_fd, begin == 0 ? "." : path, O_PATH | O_DIRECTORY);
    path[begin] = first;
    if (parent_fd == -1) return -1;
    bool done = MakeOne(parent_fd, path, begin, end, is_file && path[end] == '\0');
    if (!done && errno == EEXIST) {
      links++;
      done = FollowLink(parent_fd, path, begin, end);
    }
    const int error = errno;
    close(parent_fd);
    errno = error;
    if (!done) return -1;
  }
  errno = ELOOP;
  return -1;
}

ON_CHILD_STACK DescriptorPath PathOf(int fd) {
  DescriptorPath path = {"/proc/self/fd/"};
  size_t at = strlen(path.text);
  int divisor = 1;
  while (fd / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) {
    path.text[at++] = static_cast<char>('0' + fd / divisor % 10);
  }
  return path;
}

}  // namespace slipway
