// The deadline: ends the machine at a given time, whatever JavaScript's thread does or hangs in.
//
// Two threads wait for it, because the first one's call may itself never return: reboot(2) waits
// for each device to shut down, and for an earlier caller. The second thread then writes a key to
// /proc/sysrq-trigger (Documentation/admin-guide/sysrq.rst), which does not wait.
//
// execve(2) ends both threads: the next program must arm the deadline again.

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#include <string>

#include "arguments.h"
#include "families.h"
#include "result.h"
#include "signals-blocked.h"

namespace slipway {

namespace {

const size_t kStackBytes = 64 * 1024;

// All memory is allocated beforehand. The deadline owns the descriptors; -1 is none.
struct Deadline {
  struct timespec reboot_at;
  int command;
  struct timespec trigger_at;
  int trigger_fd;
  char key;
  int notice_fd;
  std::string notice;
  uint64_t generation;
  int users;
};

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
// The deadline in force is the one of this generation; 0 is no deadline. The mutex guards the
// generation and the mutable fields of a deadline.
uint64_t current = 0;
// Only JavaScript's thread increments the generation.
uint64_t last = 0;

void LetGo(Deadline* deadline) {
  pthread_mutex_lock(&mutex);
  const bool unused = --deadline->users == 0;
  pthread_mutex_unlock(&mutex);
  if (!unused) return;
  if (deadline->trigger_fd != -1) close(deadline->trigger_fd);
  if (deadline->notice_fd != -1) close(deadline->notice_fd);
  delete deadline;
}

// Returns false when the deadline is no longer in force.
bool WaitUntil(const struct timespec& at, const Deadline& deadline) {
  pthread_mutex_lock(&mutex);
  int error = 0;
  while (error == 0 && current == deadline.generation) {
    error = pthread_cond_clockwait(&changed, &mutex, CLOCK_MONOTONIC, &at);
  }
  const bool counts = current == deadline.generation;
  pthread_mutex_unlock(&mutex);
  return counts;
}

void Write(int fd, const char* text, size_t bytes) {
  if (fd == -1) return;
  const ssize_t ignored = write(fd, text, bytes);
  (void)ignored;
}

void* RebootInTime(void* argument) {
  Deadline* deadline = static_cast<Deadline*>(argument);
  prctl(PR_SET_NAME, "deadline", 0ul, 0ul, 0ul);
  if (WaitUntil(deadline->reboot_at, *deadline)) {
    Write(deadline->notice_fd, deadline->notice.data(), deadline->notice.size());
    if (reboot(deadline->command) == -1) {
      char refused[64] = "slipway: reboot: ";
      // A constant of libc's, where strerror(3) would allocate.
      const char* why = strerrordesc_np(errno);
      strncat(refused, why == nullptr ? "failed" : why, sizeof refused - strlen(refused) - 2);
      strcat(refused, "\n");
      Write(deadline->notice_fd, refused, strlen(refused));
    }
  }
  LetGo(deadline);
  return nullptr;
}

void* TriggerInTime(void* argument) {
  Deadline* deadline = static_cast<Deadline*>(argument);
  prctl(PR_SET_NAME, "last-resort", 0ul, 0ul, 0ul);
  if (WaitUntil(deadline->trigger_at, *deadline)) Write(deadline->trigger_fd, &deadline->key, 1);
  LetGo(deadline);
  return nullptr;
}

// Returns 0 or an error number. The thread is detached.
int Start(void* (*run)(void*), Deadline* deadline) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const SignalsBlocked blocked;
  const int error = pthread_create(&thread, &attributes, run, deadline);
  pthread_attr_destroy(&attributes);
  return error;
}

struct timespec ToTime(const Napi::Value& milliseconds) {
  const int64_t ms = Long(milliseconds);
  struct timespec time = {};
  time.tv_sec = static_cast<time_t>(ms / 1000);
  time.tv_nsec = static_cast<long>(ms % 1000) * 1000 * 1000;
  return time;
}

// Owns the two descriptors unless it fails. On failure an earlier deadline stays in force.
Napi::Value ArmDeadline(const Napi::CallbackInfo& info) {
  Deadline* deadline = new Deadline{
      ToTime(info[0]), Int(info[1]),     ToTime(info[2]),
      Int(info[3]),    Text(info[4])[0], Int(info[5]),
      Text(info[6]),   ++last,           2,
  };
  // A thread that starts meanwhile waits for the mutex, then checks whether it is in force.
  pthread_mutex_lock(&mutex);
  int error = Start(TriggerInTime, deadline);
  const bool half = error == 0;
  if (half) error = Start(RebootInTime, deadline);
  if (error == 0) {
    current = deadline->generation;
    pthread_cond_broadcast(&changed);
  } else {
    deadline->trigger_fd = deadline->notice_fd = -1;
    if (half) deadline->users = 1;
  }
  pthread_mutex_unlock(&mutex);
  if (error == 0) return Result(info, 0);
  if (!half) delete deadline;
  return Failure(info, error);
}

Napi::Value DisarmDeadline(const Napi::CallbackInfo& info) {
  pthread_mutex_lock(&mutex);
  current = 0;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
  return info.Env().Undefined();
}

}  // namespace

void AddDeadline(Napi::Env env, Napi::Object exports) {
  exports.Set("armDeadline", Napi::Function::New<ArmDeadline>(env));
  exports.Set("disarmDeadline", Napi::Function::New<DisarmDeadline>(env));
}

}  // namespace slipway
