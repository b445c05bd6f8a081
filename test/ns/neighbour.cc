// A program of a container that lies in wait for programs which others start in its processes'
// namespace, and tries to take what these still have of the machine: it traces them, and opens
// their memory and their root. One static executable; its argument is a file of the machine.
//
// It prints "refused" or "captured WHAT" once for each process that it meets.

#include <dirent.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>

namespace {

bool Opens(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC);
  if (fd != -1) close(fd);
  return fd != -1;
}

unsigned long long Capabilities(const std::string& folder) {
  FILE* const file = std::fopen((folder + "/status").c_str(), "re");
  unsigned long long found = 0;
  char line[256];
  while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr) {
    if (std::sscanf(line, "CapPrm: %llx", &found) == 1) break;
  }
  if (file != nullptr) std::fclose(file);
  return found;
}

// Returns false for a process to try again: it has not been refused, and has nothing yet.
bool Attack(pid_t pid, const char* secret, std::set<pid_t>* refused) {
  const std::string folder = "/proc/" + std::to_string(pid);
  // Its own root has no such file.
  if (Opens(folder + "/root" + secret, O_RDONLY) || Opens(folder + "/cwd" + secret, O_RDONLY)) {
    std::printf("captured root\n");
    return true;
  }
  const bool is_traced = ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0;
  // After it is traced, as another program may be executed in between.
  if (is_traced && Capabilities(folder) != 0) {
    std::printf("captured capabilities\n");
    return true;
  }
  if (!is_traced && Capabilities(folder) != 0) {
    if (Opens(folder + "/mem", O_RDWR)) std::printf("captured memory\n");
    if (refused->insert(pid).second) std::printf("refused\n");
    return false;
  }
  return is_traced;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  setvbuf(stdout, nullptr, _IOLBF, 0);
  std::set<pid_t> known = {getpid()};
  std::set<pid_t> refused;
  DIR* const processes = opendir("/proc");
  std::printf("waiting\n");
  for (;;) {
    rewinddir(processes);
    while (const struct dirent* const entry = readdir(processes)) {
      const pid_t pid = std::atoi(entry->d_name);
      if (pid > 0 && known.count(pid) == 0 && Attack(pid, argv[1], &refused)) known.insert(pid);
    }
    // A traced process ends only once this one has seen it.
    while (waitpid(-1, nullptr, WNOHANG | __WALL) > 0) continue;
  }
}
