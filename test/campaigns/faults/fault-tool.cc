// The program that the fault campaign works with inside of the guest: the services that it harms,
// and the harm that a shell can't do. One static executable, for it runs in containers without a
// libc.
//
// clang-format off
//   stay                    a service: ends well on SIGTERM and SIGUSR1; makes /tmp/well, where it can
//   deaf                    a service that ignores SIGTERM
//   hungry                  a service that on SIGUSR1 takes all the memory there is
//   chatter                 a service that prints 200 lines a second
//   notify SECONDS          a service that speaks sd_notify(3): READY=1, then WATCHDOG=1 every so often
//   killer                  a service that on SIGUSR1 kills all that it sees but PID 1 and itself
//   kill SIGNAL PID…        signals, one right after another; prints the CLOCK_MONOTONIC of the first; parent:PID is the parent of PID
//   census                  counts processes by name, state and parent; the kernel's own left out
//   rules                   prints the kernel's rules of nftables, by the system's own nft
//   flush                   removes them, as a firewall's script does
//   addresses FILE…         prints the addresses and IPv4 routes in network namespaces
//   ask SOCKET LINE         sends a line to the control socket and prints the answer
//   garbage SOCKET N        sends what is no message, in one of several ways
//   orphans COUNT           leaves that many children behind
//   hog                     takes all the memory there is, as the kernel's first choice for a kill
// clang-format on

#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string>

namespace {

constexpr int kAnswerLimitMs = 60000;

[[noreturn]] void TakeAllMemory() {
  constexpr size_t kPiece = 1 << 20;
  for (;;) {
    void* piece = malloc(kPiece);
    if (piece != nullptr) memset(piece, 1, kPiece);
  }
}

void EndWell(int) { _exit(0); }
void BeHungry(int) { TakeAllMemory(); }
void KillAll(int) { kill(-1, SIGKILL); }

void WriteFile(const char* path, const char* text) {
  FILE* file = fopen(path, "w");
  if (file == nullptr) return;
  fputs(text, file);
  fclose(file);
}

int Connect(const std::string& path, int type) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int fd = socket(AF_UNIX, type, 0);
  if (fd == -1 || connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == -1) {
    perror(path.c_str());
    return -1;
  }
  return fd;
}

void Send(int fd, const std::string& text) {
  (void)!send(fd, text.data(), text.size(), MSG_NOSIGNAL);
}

int Stay() {
  WriteFile("/tmp/well", "");
  for (;;) pause();
}

int Chatter() {
  for (long line = 0;; ++line) {
    printf(
        "line %ld of what nobody will ever read in full, but which must not be in anybody's way\n",
        line);
    fflush(stdout);
    if (line % 200 == 199) sleep(1);
  }
}

/** A socket for each message, as libsystemd does. */
void Tell(const char* path, const char* message) {
  const int fd = Connect(path, SOCK_DGRAM);
  if (fd == -1) return;
  Send(fd, message);
  close(fd);
}

int Notify(unsigned seconds) {
  const char* path = getenv("NOTIFY_SOCKET");
  if (path == nullptr) return 1;
  Tell(path, "READY=1");
  for (;;) {
    sleep(seconds);
    Tell(path, "WATCHDOG=1");
  }
}

/** The fourth field of proc_pid_stat(5); the second may hold anything but ends in the last bracket.
 */
struct Process {
  std::string name;
  char state = '?';
  int parent = 0;
};

bool ReadProcess(const char* pid, Process* process) {
  FILE* file = fopen((std::string("/proc/") + pid + "/stat").c_str(), "r");
  if (file == nullptr) return false;
  char text[512];
  const size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = '\0';
  const char* open = strchr(text, '(');
  const char* close = strrchr(text, ')');
  if (open == nullptr || close == nullptr) return false;
  process->name.assign(open + 1, close);
  return sscanf(close + 1, " %c %d", &process->state, &process->parent) == 2;
}

int Kill(int signal, int count, char** targets) {
  timespec now{};
  pid_t pids[16];
  if (count > 16) return 2;
  for (int i = 0; i < count; ++i) {
    const char* colon = strchr(targets[i], ':');
    Process process;
    if (colon != nullptr && !ReadProcess(colon + 1, &process)) return 1;
    pids[i] = colon != nullptr ? process.parent : atoi(targets[i]);
    if (pids[i] <= 0) return 1;
  }
  clock_gettime(CLOCK_MONOTONIC, &now);
  for (int i = 0; i < count; ++i) {
    if (kill(pids[i], signal) == -1) perror("kill");
  }
  printf("at %ld.%06ld\n", static_cast<long>(now.tv_sec), now.tv_nsec / 1000);
  return 0;
}

int Census() {
  constexpr int kKernelThreads = 2;
  std::map<std::string, int> counts;
  DIR* folder = opendir("/proc");
  if (folder == nullptr) return 1;
  while (const dirent* entry = readdir(folder)) {
    Process process;
    const int pid = atoi(entry->d_name);
    if (pid <= 0 || pid == kKernelThreads || pid == getpid()) continue;
    if (!ReadProcess(entry->d_name, &process) || process.parent == kKernelThreads) continue;
    ++counts[process.name + (process.state == 'Z' ? " zombie" : "")];
  }
  closedir(folder);
  for (const auto& [what, count] : counts) printf("%d %s\n", count, what.c_str());
  return 0;
}

/** Everything up to the line that answers, or to the end. */
int Ask(const char* path, const char* line) {
  const int fd = Connect(path, SOCK_STREAM);
  if (fd == -1) return 1;
  Send(fd, std::string(line) + "\n");
  std::string text;
  char part[4096];
  pollfd waiting{fd, POLLIN, 0};
  while (poll(&waiting, 1, kAnswerLimitMs) == 1) {
    const ssize_t length = read(fd, part, sizeof part);
    if (length <= 0) return 1;
    text.append(part, static_cast<size_t>(length));
    const size_t begin = text.find("{\"id\":1,");
    const size_t end = begin == std::string::npos ? begin : text.find('\n', begin);
    if (end == std::string::npos) continue;
    text.resize(end + 1);
    fputs(text.c_str() + begin, stdout);
    return 0;
  }
  return 1;
}

int Garbage(const char* path, unsigned seed) {
  constexpr int kWays = 5;
  constexpr int kManyConnections = 100;
  srand(seed);
  if (seed % kWays == 4) {
    // Never closed but by the end of this process, each in the middle of a message.
    for (int i = 0; i < kManyConnections; ++i) {
      const int fd = Connect(path, SOCK_STREAM);
      if (fd != -1) Send(fd, "{\"id\":");
    }
    return 0;
  }
  const int fd = Connect(path, SOCK_STREAM);
  if (fd == -1) return 1;
  std::string text;
  switch (seed % kWays) {
    case 0:
      for (int i = 0; i < 30000; ++i) text += static_cast<char>(rand());
      break;
    case 1:
      text = "{\"id\":1,\"command\":\"stop\",\"na";
      break;
    case 2:
      text.assign(200000, 'x');
      break;
    case 3:
      // Answers that nobody reads.
      for (int i = 0; i < 500; ++i) text += "{\"id\":1,\"command\":\"events\",\"follow\":true}\n";
      break;
  }
  Send(fd, text);
  return 0;
}

int Orphans(int count) {
  if (fork() != 0) return 0;
  for (int i = 0; i < count; ++i) {
    const pid_t pid = fork();
    if (pid == -1) perror("fork");
    if (pid == 0) {
      usleep(static_cast<useconds_t>(i % 100) * 1000);
      _exit(i % 256);
    }
  }
  return 0;
}

int RunNft(const char* verb) {
  if (chroot("/proc/1/root") != 0 || chdir("/") != 0) {
    perror("/proc/1/root");
    return 1;
  }
  execl("/usr/sbin/nft", "nft", "--stateless", verb, "ruleset", nullptr);
  perror("/usr/sbin/nft");
  return 1;
}

void PrintAddresses() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return;
  std::set<std::string> lines;
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family == AF_PACKET) continue;
    const bool is6 = each->ifa_addr->sa_family == AF_INET6;
    const socklen_t size = is6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    char text[NI_MAXHOST];
    if (getnameinfo(each->ifa_addr, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0)
      continue;
    lines.insert(std::string(each->ifa_name) + " " + text);
  }
  freeifaddrs(all);
  for (const std::string& line : lines) printf("%s\n", line.c_str());
}

/** The second and third field of each line: a destination and its gateway. */
void PrintRoutes() {
  FILE* file = fopen("/proc/self/net/route", "r");
  if (file == nullptr) return;
  char line[256];
  char name[64], to[16], by[16];
  while (fgets(line, sizeof line, file) != nullptr) {
    if (sscanf(line, "%63s %15s %15s", name, to, by) == 3) printf("%s to %s by %s\n", name, to, by);
  }
  fclose(file);
}

int Addresses(int count, char** files) {
  for (int i = 0; i < count; ++i) {
    const int fd = open(files[i], O_RDONLY | O_CLOEXEC);
    if (fd == -1 || setns(fd, CLONE_NEWNET) == -1) {
      perror(files[i]);
      return 1;
    }
    close(fd);
    printf("%s\n", files[i]);
    PrintAddresses();
    PrintRoutes();
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "kill" && argc > 3) return Kill(atoi(argv[2]), argc - 3, argv + 3);
  if (what == "census") return Census();
  if (what == "rules") return RunNft("list");
  if (what == "flush") return RunNft("flush");
  if (what == "addresses") return Addresses(argc - 2, argv + 2);
  if (what == "ask" && argc == 4) return Ask(argv[2], argv[3]);
  if (what == "garbage" && argc == 4) return Garbage(argv[2], static_cast<unsigned>(atoi(argv[3])));
  if (what == "orphans" && argc == 3) return Orphans(atoi(argv[2]));
  if (what == "hog") {
    WriteFile("/proc/self/oom_score_adj", "1000");
    TakeAllMemory();
  }
  // The first process of a pid namespace notices only signals that it has a handler for.
  signal(SIGTERM, what == "deaf" ? SIG_IGN : EndWell);
  signal(SIGUSR1, what == "hungry" ? BeHungry : what == "killer" ? KillAll : EndWell);
  if (what == "stay" || what == "deaf" || what == "hungry" || what == "killer") return Stay();
  if (what == "chatter") return Chatter();
  if (what == "notify" && argc == 3) return Notify(static_cast<unsigned>(atoi(argv[2])));
  fprintf(stderr, "fault-tool: see the head of test/campaigns/faults/fault-tool.cc\n");
  return 2;
}
