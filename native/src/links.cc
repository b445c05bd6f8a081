// Network interfaces, by rtnetlink(7) where the old ioctls have no word for it.

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arguments.h"
#include "families.h"
#include "result.h"

namespace slipway {

namespace {

// One request and the kernel's acknowledgement to it. Attributes nest: Open() returns where Close()
// writes the length. The names in it have at most 15 bytes (checked below), so the buffer cannot
// run over.
class LinkRequest {
 public:
  LinkRequest(uint16_t type, uint16_t flags, int index) {
    header()->nlmsg_type = type;
    header()->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    header()->nlmsg_len = NLMSG_LENGTH(0);
    AddInterface(index);
  }

  void AddInterface(int index) {
    struct ifinfomsg interface = {};
    interface.ifi_index = index;
    memcpy(End(), &interface, sizeof interface);
    header()->nlmsg_len += NLMSG_ALIGN(sizeof interface);
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

bool IsName(const std::string& name) { return !name.empty() && name.size() < IFNAMSIZ; }

Napi::Value InterfaceUp(const Napi::CallbackInfo& info) {
  const std::string name = Text(info[0]);
  if (!IsName(name)) return Failure(info, ENODEV);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd == -1) return Result(info, fd);
  struct ifreq request = {};
  memcpy(request.ifr_name, name.data(), name.size());
  int rc = ioctl(fd, SIOCGIFFLAGS, &request);
  request.ifr_flags |= IFF_UP;
  if (rc == 0) rc = ioctl(fd, SIOCSIFFLAGS, &request);
  const int error = errno;
  close(fd);
  return rc == 0 ? Result(info, 0) : Failure(info, error);
}

// (name, kind, peer or null): the peer belongs to a veth(4) only.
Napi::Value LinkCreate(const Napi::CallbackInfo& info) {
  const std::string name = Text(info[0]);
  const std::string kind = Text(info[1]);
  const bool with_peer = info[2].IsString();
  const std::string peer = with_peer ? Text(info[2]) : name;
  if (!IsName(name) || !IsName(kind) || !IsName(peer)) return Failure(info, EINVAL);
  LinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
  request.AddName(IFLA_IFNAME, name);
  struct rtattr* link_info = request.Open(IFLA_LINKINFO);
  request.AddName(IFLA_INFO_KIND, kind);
  if (with_peer) {
    struct rtattr* data = request.Open(IFLA_INFO_DATA);
    struct rtattr* peer_info = request.Open(VETH_INFO_PEER);
    request.AddInterface(0);
    request.AddName(IFLA_IFNAME, peer);
    request.Close(peer_info);
    request.Close(data);
  }
  request.Close(link_info);
  return Failure(info, -request.Send());
}

Napi::Value LinkMoveToNetns(const Napi::CallbackInfo& info) {
  const unsigned index = if_nametoindex(Text(info[0]).c_str());
  if (index == 0) return Failure(info, errno);
  const int fd = Int(info[1]);
  LinkRequest request(RTM_NEWLINK, 0, static_cast<int>(index));
  request.Add(IFLA_NET_NS_FD, &fd, sizeof fd);
  return Failure(info, -request.Send());
}

}  // namespace

void AddLinks(Napi::Env env, Napi::Object exports) {
  exports.Set("interfaceUp", Napi::Function::New<InterfaceUp>(env));
  exports.Set("linkCreate", Napi::Function::New<LinkCreate>(env));
  exports.Set("linkMoveToNetns", Napi::Function::New<LinkMoveToNetns>(env));
}

}  // namespace slipway
