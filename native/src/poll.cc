// Waiting for a descriptor to become readable, on Node's own event loop (libuv's uv_poll_t).

#include <napi.h>
#include <uv.h>

#include "arguments.h"
#include "families.h"
#include "result.h"

namespace slipway {

namespace {

// Lives from watchReadable() until libuv has let go of the handle. The environment's cleanup hook
// stops a watch that a worker thread leaves behind: libuv aborts when a loop is closed with a
// handle in it.
class Watch {
 public:
  // Returns null and leaves libuv's (negative) errno in `*failure`.
  static Watch* Start(Napi::Env env, int fd, Napi::Function callback, int* failure) {
    uv_loop_t* loop = nullptr;
    if (napi_get_uv_event_loop(env, &loop) != napi_ok) {
      *failure = -EINVAL;
      return nullptr;
    }
    Watch* watch = new Watch(env, callback);
    // EPERM for what cannot be polled (a regular file), EEXIST for a descriptor the loop has
    // already.
    *failure = uv_poll_init(loop, &watch->poll_, fd);
    if (*failure != 0) {
      delete watch;
      return nullptr;
    }
    watch->poll_.data = watch;
    napi_add_async_cleanup_hook(env, OnCleanup, watch, &watch->cleanup_);
    *failure = uv_poll_start(&watch->poll_, UV_READABLE, OnReadable);
    if (*failure == 0) return watch;
    watch->Stop();
    return nullptr;
  }

  void Stop() {
    if (stopped_) return;
    stopped_ = true;
    uv_poll_stop(&poll_);
    uv_close(reinterpret_cast<uv_handle_t*>(&poll_), OnClosed);
  }

 private:
  Watch(Napi::Env env, Napi::Function callback)
      : env_(env), context_(env, "slipway.watchReadable"), callback_(Napi::Persistent(callback)) {}

  static void OnReadable(uv_poll_t* poll, int status, int) {
    Watch* watch = static_cast<Watch*>(poll->data);
    // libuv disarms a descriptor with a pending error, such as a netlink socket that overran
    // (ENOBUFS). The caller's read gets that error and clears it. The watch goes on until the
    // caller stops it.
    if (status < 0) uv_poll_start(poll, UV_READABLE, OnReadable);
    const Napi::Env env = watch->env_;
    const Napi::HandleScope scope(env);
    watch->callback_.MakeCallback(env.Global(), {}, watch->context_);
    if (!env.IsExceptionPending()) return;
    // An error of the callback is an uncaught exception, as in any other event handler.
    const Napi::Value thrown = env.GetAndClearPendingException().Value();
    napi_fatal_exception(env, thrown);
  }

  static void OnCleanup(napi_async_cleanup_hook_handle, void* data) {
    static_cast<Watch*>(data)->Stop();
  }

  static void OnClosed(uv_handle_t* handle) {
    Watch* watch = static_cast<Watch*>(handle->data);
    napi_remove_async_cleanup_hook(watch->cleanup_);
    const Napi::HandleScope scope(watch->env_);
    delete watch;
  }

  uv_poll_t poll_ = {};
  Napi::Env env_;
  Napi::AsyncContext context_;
  Napi::FunctionReference callback_;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  bool stopped_ = false;
};

// Returns an external for one call of stopWatch(), or a negative errno.
Napi::Value WatchReadable(const Napi::CallbackInfo& info) {
  int failure = 0;
  Watch* watch = Watch::Start(info.Env(), Int(info[0]), info[1].As<Napi::Function>(), &failure);
  if (watch == nullptr) return Failure(info, -failure);
  return Napi::External<Watch>::New(info.Env(), watch);
}

Napi::Value StopWatch(const Napi::CallbackInfo& info) {
  info[0].As<Napi::External<Watch>>().Data()->Stop();
  return info.Env().Undefined();
}

}  // namespace

void AddPoll(Napi::Env env, Napi::Object exports) {
  exports.Set("watchReadable", Napi::Function::New<WatchReadable>(env));
  exports.Set("stopWatch", Napi::Function::New<StopWatch>(env));
}

}  // namespace slipway
