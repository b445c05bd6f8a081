// The machine as a whole: power, name, modules, clocks, swap, entropy.

#include <linux/random.h>
#include <linux/rtc.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "arguments.h"
#include "families.h"
#include "result.h"

namespace slipway {

namespace {

Napi::Value Reboot(const Napi::CallbackInfo& info) { return Result(info, reboot(Int(info[0]))); }

Napi::Value Sethostname(const Napi::CallbackInfo& info) {
  const std::string name = Text(info[0]);
  return Result(info, sethostname(name.data(), name.size()));
}

Napi::Value Sync(const Napi::CallbackInfo& info) {
  sync();
  return info.Env().Undefined();
}

Napi::Value FinitModule(const Napi::CallbackInfo& info) {
  const std::string parameters = Text(info[1]);
  return Result(info, syscall(SYS_finit_module, Int(info[0]), parameters.c_str(), Int(info[2])));
}

Napi::Value SetRealtimeClock(const Napi::CallbackInfo& info) {
  const double seconds = info[0].As<Napi::Number>().DoubleValue();
  struct timespec time = {};
  time.tv_sec = static_cast<time_t>(seconds);
  time.tv_nsec = static_cast<long>((seconds - static_cast<double>(time.tv_sec)) * 1e9);
  return Result(info, clock_settime(CLOCK_REALTIME, &time));
}

// rtc(4): the fields are those of struct tm, in UTC, as Slipway and LinuxKit set the clock.
Napi::Value ReadRtcSeconds(const Napi::CallbackInfo& info) {
  struct rtc_time rtc = {};
  const int rc = ioctl(Int(info[0]), RTC_RD_TIME, &rtc);
  if (rc == -1) return Result(info, rc);
  struct tm calendar = {};
  calendar.tm_sec = rtc.tm_sec;
  calendar.tm_min = rtc.tm_min;
  calendar.tm_hour = rtc.tm_hour;
  calendar.tm_mday = rtc.tm_mday;
  calendar.tm_mon = rtc.tm_mon;
  calendar.tm_year = rtc.tm_year;
  const time_t seconds = timegm(&calendar);
  // A clock whose battery died may hold a date before 1970, which must not look like an errno.
  return seconds < 0 ? Failure(info, EINVAL)
                     : Napi::Number::New(info.Env(), static_cast<double>(seconds));
}

// The kernel writes back the timeout that the device has set.
Napi::Value SetWatchdogTimeout(const Napi::CallbackInfo& info) {
  int seconds = Int(info[1]);
  const int rc = ioctl(Int(info[0]), WDIOC_SETTIMEOUT, &seconds);
  return Result(info, rc == -1 ? rc : seconds);
}

Napi::Value Swapon(const Napi::CallbackInfo& info) {
  return Result(info, swapon(Text(info[0]).c_str(), Int(info[1])));
}

Napi::Value Swapoff(const Napi::CallbackInfo& info) {
  return Result(info, swapoff(Text(info[0]).c_str()));
}

// random(4): struct rand_pool_info ends in an array of words without a length.
Napi::Value AddEntropy(const Napi::CallbackInfo& info) {
  const Napi::Buffer<uint8_t> bytes = Bytes(info[1]);
  std::vector<uint8_t> memory(sizeof(struct rand_pool_info) + bytes.Length());
  struct rand_pool_info* pool = reinterpret_cast<struct rand_pool_info*>(memory.data());
  pool->entropy_count = Int(info[2]);
  pool->buf_size = static_cast<int>(bytes.Length());
  std::copy_n(bytes.Data(), bytes.Length(), memory.data() + sizeof(struct rand_pool_info));
  return Result(info, ioctl(Int(info[0]), RNDADDENTROPY, pool));
}

}  // namespace

void AddSystem(Napi::Env env, Napi::Object exports) {
  exports.Set("reboot", Napi::Function::New<Reboot>(env));
  exports.Set("sethostname", Napi::Function::New<Sethostname>(env));
  exports.Set("sync", Napi::Function::New<Sync>(env));
  exports.Set("finitModule", Napi::Function::New<FinitModule>(env));
  exports.Set("setRealtimeClock", Napi::Function::New<SetRealtimeClock>(env));
  exports.Set("setWatchdogTimeout", Napi::Function::New<SetWatchdogTimeout>(env));
  exports.Set("swapon", Napi::Function::New<Swapon>(env));
  exports.Set("swapoff", Napi::Function::New<Swapoff>(env));
  exports.Set("addEntropy", Napi::Function::New<AddEntropy>(env));
  exports.Set("readRtcSeconds", Napi::Function::New<ReadRtcSeconds>(env));
}

}  // namespace slipway
