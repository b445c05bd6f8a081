// The server of the package `metrics`: answers `GET /metrics` over HTTP with the text that PID 1
// writes to whoever connects to its metrics socket. It needs no privilege, and can ask PID 1 for
// nothing else.

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/** Tests put a directory before the path. */
#ifndef ROOT
#define ROOT ""
#endif

static const char socket_path[] = ROOT "/run/slipway/metrics/metrics.sock";

enum {
  USUAL_PORT = 9101,
  /** Each client has a process, so that a slow one keeps nobody waiting. */
  MAX_CLIENTS = 16,
  CLIENT_SECONDS = 10,
  MAX_REQUEST = 8 * 1024,
  /** The figures of some thousand services. */
  MAX_FIGURES = 8 * 1024 * 1024,
};

static void end(int signal_number) {
  (void)signal_number;
  _exit(0);
}

static bool write_all(int fd, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = send(fd, bytes, size, MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes += written;
    size -= (size_t)written;
  }
  return true;
}

static void answer(int client, const char* status, const char* type, const char* body, size_t size,
                   bool with_body) {
  char header[256];
  const int length = snprintf(
      header, sizeof header,
      "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
      type, size);
  if (write_all(client, header, (size_t)length) && with_body) write_all(client, body, size);
}

static void refuse(int client, const char* status, const char* reason) {
  answer(client, status, "text/plain; charset=utf-8", reason, strlen(reason), true);
}

/** Reads up to the empty line that ends the header; returns false when there is none. */
static bool read_request(int client, char* request) {
  size_t size = 0;
  while (size < MAX_REQUEST) {
    const ssize_t count = recv(client, request + size, MAX_REQUEST - size, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    size += (size_t)count;
    request[size] = 0;
    if (strstr(request, "\r\n\r\n") != NULL) return true;
  }
  return false;
}

/** Returns the size of PID 1's text, 0 when there is none. */
static size_t read_figures(char* figures) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (sizeof socket_path > sizeof address.sun_path) return 0;
  memcpy(address.sun_path, socket_path, sizeof socket_path);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (const struct sockaddr*)&address, sizeof address) != 0) return 0;
  size_t size = 0;
  while (size < MAX_FIGURES) {
    const ssize_t count = read(fd, figures + size, MAX_FIGURES - size);
    if (count < 0 && errno == EINTR) continue;
    // A text that PID 1 has not finished is no text.
    if (count < 0) return 0;
    if (count == 0) return size;
    size += (size_t)count;
  }
  return 0;
}

static void serve(int client) {
  static char request[MAX_REQUEST + 1];
  // The kernel ends this process when the client is too slow.
  signal(SIGALRM, SIG_DFL);
  alarm(CLIENT_SECONDS);
  if (!read_request(client, request)) return refuse(client, "400 Bad Request", "no request\n");
  const bool is_head = strncmp(request, "HEAD ", 5) == 0;
  if (!is_head && strncmp(request, "GET ", 4) != 0) {
    return refuse(client, "405 Method Not Allowed", "only GET\n");
  }
  const char* path = strchr(request, ' ') + 1;
  if (strncmp(path, "/metrics", 8) != 0 || strchr(" ?\r", path[8]) == NULL || path[8] == 0) {
    return refuse(client, "404 Not Found", "the figures are at /metrics\n");
  }
  char* figures = malloc(MAX_FIGURES);
  const size_t size = figures == NULL ? 0 : read_figures(figures);
  if (size == 0) return refuse(client, "503 Service Unavailable", "PID 1 gives no figures\n");
  answer(client, "200 OK", "text/plain; version=0.0.4; charset=utf-8", figures, size, !is_head);
}

/** Reads what the client has still sent: a close before that would take the answer from it (RFC
 * 9112, 9.6). */
static void end_connection(int client) {
  char rest[4096];
  shutdown(client, SHUT_WR);
  while (recv(client, rest, sizeof rest, 0) > 0) continue;
}

/** Returns the listening socket: both kinds of addresses, or IPv4 where the kernel has no other. */
static int listen_on(unsigned short port) {
  const int on = 1;
  const int off = 0;
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  const struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons(port)};
  const struct sockaddr* address = (const struct sockaddr*)&any6;
  socklen_t size = sizeof any6;
  if (fd < 0) {
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address = (const struct sockaddr*)&any4;
    size = sizeof any4;
  } else {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return bind(fd, address, size) == 0 && listen(fd, MAX_CLIENTS) == 0 ? fd : -1;
}

static void serve_apart(int listener, int client, int* clients) {
  while (*clients > 0 && waitpid(-1, NULL, WNOHANG) > 0) *clients -= 1;
  const pid_t child = *clients < MAX_CLIENTS ? fork() : -1;
  if (child > 0) *clients += 1;
  if (child != 0) {
    close(client);
    return;
  }
  close(listener);
  serve(client);
  end_connection(client);
  _exit(0);
}

int main(int argc, char** argv) {
  const long port = argc > 1 ? strtol(argv[1], NULL, 10) : USUAL_PORT;
  if (argc > 2 || port < 1 || port > 65535) {
    fprintf(stderr, "Usage: metrics-server [PORT]\n");
    return 2;
  }
  // The first process of a container ignores a signal without a handler.
  signal(SIGTERM, end);
  signal(SIGINT, end);
  const int listener = listen_on((unsigned short)port);
  if (listener < 0) {
    fprintf(stderr, "metrics-server: port %ld can't be opened: %s\n", port, strerror(errno));
    return 1;
  }
  int clients = 0;
  for (;;) {
    const int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (client >= 0) serve_apart(listener, client, &clients);
    // Out of descriptors or memory: a pause, or this would spin.
    else if (errno != EINTR && errno != ECONNABORTED)
      sleep(1);
  }
}
