// Terminals: their line discipline, their size, and the two ends of a pseudo terminal.

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "arguments.h"
#include "families.h"
#include "result.h"

namespace slipway {

namespace {

Napi::Value MakeRaw(const Napi::CallbackInfo& info) {
  const int fd = Int(info[0]);
  struct termios settings = {};
  const int rc = tcgetattr(fd, &settings);
  if (rc == -1) return Result(info, rc);
  cfmakeraw(&settings);
  return Result(info, tcsetattr(fd, TCSANOW, &settings));
}

// 1 when the terminal hands on whole lines, 0 when a program reads each key, or -errno.
Napi::Value IsCanonical(const Napi::CallbackInfo& info) {
  struct termios settings = {};
  const int rc = tcgetattr(Int(info[0]), &settings);
  return Result(info, rc == -1 ? rc : (settings.c_lflag & ICANON) != 0);
}

// Returns an opaque Buffer for SetTerminalSettings, or -errno.
Napi::Value TerminalSettings(const Napi::CallbackInfo& info) {
  struct termios settings = {};
  const int rc = tcgetattr(Int(info[0]), &settings);
  if (rc == -1) return Result(info, rc);
  return Napi::Buffer<uint8_t>::Copy(info.Env(), reinterpret_cast<uint8_t*>(&settings),
                                     sizeof settings);
}

Napi::Value SetTerminalSettings(const Napi::CallbackInfo& info) {
  const Napi::Buffer<uint8_t> bytes = Bytes(info[1]);
  struct termios settings = {};
  if (bytes.Length() != sizeof settings) return Failure(info, EINVAL);
  memcpy(&settings, bytes.Data(), sizeof settings);
  return Result(info, tcsetattr(Int(info[0]), TCSANOW, &settings));
}

// [rows, columns] or -errno.
Napi::Value WindowSize(const Napi::CallbackInfo& info) {
  struct winsize size;
  const int rc = ioctl(Int(info[0]), TIOCGWINSZ, &size);
  if (rc == -1) return Result(info, rc);
  Napi::Array answer = Napi::Array::New(info.Env(), 2);
  answer.Set(0u, size.ws_row);
  answer.Set(1u, size.ws_col);
  return answer;
}

Napi::Value SetWindowSize(const Napi::CallbackInfo& info) {
  struct winsize size = {};
  size.ws_row = static_cast<unsigned short>(Int(info[1]));
  size.ws_col = static_cast<unsigned short>(Int(info[2]));
  return Result(info, ioctl(Int(info[0]), TIOCSWINSZ, &size));
}

// Opens the peer by an ioctl, because its name means another file in another mount namespace
// (ioctl_tty(2), TIOCGPTPEER).
Napi::Value OpenTerminalPeer(const Napi::CallbackInfo& info) {
  const int master = Int(info[0]);
  const int unlock = 0;
  const int rc = ioctl(master, TIOCSPTLCK, &unlock);
  if (rc == -1) return Result(info, rc);
  return Result(info, ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
}

}  // namespace

void AddTerminals(Napi::Env env, Napi::Object exports) {
  exports.Set("makeRaw", Napi::Function::New<MakeRaw>(env));
  exports.Set("isCanonical", Napi::Function::New<IsCanonical>(env));
  exports.Set("terminalSettings", Napi::Function::New<TerminalSettings>(env));
  exports.Set("setTerminalSettings", Napi::Function::New<SetTerminalSettings>(env));
  exports.Set("windowSize", Napi::Function::New<WindowSize>(env));
  exports.Set("setWindowSize", Napi::Function::New<SetWindowSize>(env));
  exports.Set("openTerminalPeer", Napi::Function::New<OpenTerminalPeer>(env));
}

}  // namespace slipway
