// A request to rtnetlink(7), built piece by piece.

#ifndef SLIPWAY_NETLINK_REQUEST_H_
#define SLIPWAY_NETLINK_REQUEST_H_

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace slipway {

// One request and the kernel's acknowledgement to it. Attributes nest: Open() returns where Close()
// writes the length. The names in it have at most 15 bytes (the callers check), so the buffer
// cannot overflow.
class NetlinkRequest {
 public:
  // The most bytes behind the message's header.
  static constexpr size_t kMaxBody = 400;

  NetlinkRequest(uint16_t type, uint16_t flags) {
    header()->nlmsg_type = type;
    header()->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    header()->nlmsg_len = NLMSG_LENGTH(0);
  }

  // The fixed part that comes before the attributes, of the request itself or of what it nests.
  template <typename Header>
  void AddHeader(const Header& fields) {
    memcpy(End(), &fields, sizeof fields);
    header()->nlmsg_len += NLMSG_ALIGN(sizeof fields);
  }

  // The whole body at once, at most kMaxBody bytes.
  void AddBody(const void* data, size_t length) {
    memcpy(End(), data, length);
    header()->nlmsg_len += static_cast<uint32_t>(length);
  }

  struct rtattr* Open(uint16_t type) {
    struct rtattr* attribute = reinterpret_cast<struct rtattr*>(End());
    attribute->rta_type = type;
    header()->nlmsg_len += RTA_LENGTH(0);
    return attribute;
  }

  void Close(struct rtattr* attribute) {
    attribute->rta_len = static_cast<uint16_t>(End() - reinterpret_cast<char*>(attribute));
  }

  void Add(uint16_t type, const void* data, size_t length) {
    struct rtattr* attribute = Open(type);
    memcpy(End(), data, length);
    attribute->rta_len = static_cast<uint16_t>(RTA_LENGTH(length));
    header()->nlmsg_len += NLMSG_ALIGN(length);
  }

  void AddName(uint16_t type, const std::string& name) { Add(type, name.c_str(), name.size() + 1); }

  // 0 or -errno.
  int Send() {
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd == -1) return -errno;
    int result = 0;
    char answer[1024] = {};
    if (send(fd, buffer_, header()->nlmsg_len, 0) == -1 ||
        recv(fd, answer, sizeof answer, 0) == -1) {
      result = -errno;
    } else {
      // An acknowledgement is an NLMSG_ERROR too, with error 0 (netlink(7)).
      const struct nlmsghdr* head = reinterpret_cast<const struct nlmsghdr*>(answer);
      result = static_cast<const struct nlmsgerr*>(NLMSG_DATA(head))->error;
    }
    close(fd);
    return result;
  }

 private:
  struct nlmsghdr* header() {
    return reinterpret_cast<struct nlmsghdr*>(buffer_);
  }
  char* End() { return buffer_ + header()->nlmsg_len; }

  alignas(NLMSG_ALIGNTO) char buffer_[512] = {};
};

}  // namespace slipway

#endif  // SLIPWAY_NETLINK_REQUEST_H_
