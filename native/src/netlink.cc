// Network interfaces: by ioctl, and by rtnetlink(7) for all that ioctls can't do.

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arguments.h"
#include "families.h"
#include "netlink-request.h"
#include "result.h"

namespace slipway {

namespace {

struct ifinfomsg Interface(int index) {
  struct ifinfomsg interface = {};
  interface.ifi_index = index;
  return interface;
}

// The function takes an address of 4 or 16 bytes.
uint8_t Family(const Napi::Buffer<uint8_t>& address) {
  return address.Length() == 16 ? AF_INET6 : AF_INET;
}

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

// (name, kind, peer or null): only a veth(4) has a peer.
Napi::Value LinkCreate(const Napi::CallbackInfo& info) {
  const std::string name = Text(info[0]);
  const std::string kind = Text(info[1]);
  const bool with_peer = info[2].IsString();
  const std::string peer = with_peer ? Text(info[2]) : name;
  if (!IsName(name) || !IsName(kind) || !IsName(peer)) return Failure(info, EINVAL);
  NetlinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  request.AddHeader(Interface(0));
  request.AddName(IFLA_IFNAME, name);
  struct rtattr* link_info = request.Open(IFLA_LINKINFO);
  request.AddName(IFLA_INFO_KIND, kind);
  if (with_peer) {
    struct rtattr* data = request.Open(IFLA_INFO_DATA);
    struct rtattr* peer_info = request.Open(VETH_INFO_PEER);
    request.AddHeader(Interface(0));
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
  NetlinkRequest request(RTM_NEWLINK, 0);
  request.AddHeader(Interface(static_cast<int>(index)));
  request.Add(IFLA_NET_NS_FD, &fd, sizeof fd);
  return Failure(info, -request.Send());
}

// (name, the address's 4 or 16 bytes, prefix length). The broadcast address of IPv4 is the
// network's last.
Napi::Value AddressAdd(const Napi::CallbackInfo& info) {
  const unsigned index = if_nametoindex(Text(info[0]).c_str());
  if (index == 0) return Failure(info, errno);
  const Napi::Buffer<uint8_t> address = Bytes(info[1]);
  const int prefix = Int(info[2]);
  struct ifaddrmsg header = {};
  header.ifa_family = Family(address);
  header.ifa_prefixlen = static_cast<uint8_t>(prefix);
  header.ifa_index = index;
  // Without the search for duplicates nothing has to wait before it can listen on the address.
  if (header.ifa_family == AF_INET6) header.ifa_flags = IFA_F_NODAD;
  NetlinkRequest request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
  request.AddHeader(header);
  request.Add(IFA_LOCAL, address.Data(), address.Length());
  request.Add(IFA_ADDRESS, address.Data(), address.Length());
  // A network of one or two addresses has none (RFC 3021).
  if (header.ifa_family == AF_INET && prefix < 31) {
    uint32_t broadcast;
    memcpy(&broadcast, address.Data(), sizeof broadcast);
    broadcast |= htonl(prefix == 0 ? ~0u : (1u << (32 - prefix)) - 1);
    request.Add(IFA_BROADCAST, &broadcast, sizeof broadcast);
  }
  return Failure(info, -request.Send());
}

// (name, the gateway's 4 or 16 bytes)
Napi::Value RouteAddDefault(const Napi::CallbackInfo& info) {
  const unsigned index = if_nametoindex(Text(info[0]).c_str());
  if (index == 0) return Failure(info, errno);
  const Napi::Buffer<uint8_t> gateway = Bytes(info[1]);
  struct rtmsg header = {};
  header.rtm_family = Family(gateway);
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_BOOT;
  header.rtm_scope = RT_SCOPE_UNIVERSE;
  header.rtm_type = RTN_UNICAST;
  NetlinkRequest request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
  request.AddHeader(header);
  request.Add(RTA_GATEWAY, gateway.Data(), gateway.Length());
  request.Add(RTA_OIF, &index, sizeof index);
  return Failure(info, -request.Send());
}

// (message type, flags, the fixed part and the attributes): any request whose answer is an
// acknowledgement.
Napi::Value RouteNetlink(const Napi::CallbackInfo& info) {
  const Napi::Buffer<uint8_t> body = Bytes(info[2]);
  if (body.Length() > NetlinkRequest::kMaxBody) return Failure(info, EMSGSIZE);
  NetlinkRequest request(static_cast<uint16_t>(Int(info[0])), static_cast<uint16_t>(Int(info[1])));
  request.AddBody(body.Data(), body.Length());
  return Failure(info, -request.Send());
}

}  // namespace

void AddNetlink(Napi::Env env, Napi::Object exports) {
  exports.Set("interfaceUp", Napi::Function::New<InterfaceUp>(env));
  exports.Set("linkCreate", Napi::Function::New<LinkCreate>(env));
  exports.Set("addressAdd", Napi::Function::New<AddressAdd>(env));
  exports.Set("routeAddDefault", Napi::Function::New<RouteAddDefault>(env));
  exports.Set("routeNetlink", Napi::Function::New<RouteNetlink>(env));
  exports.Set("linkMoveToNetns", Napi::Function::New<LinkMoveToNetns>(env));
}

}  // namespace slipway
