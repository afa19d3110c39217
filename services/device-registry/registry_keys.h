#ifndef U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_KEYS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_KEYS_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"

// Where the registry keeps what, in the partition (device-registry, tenant).
// The records are those of protos/u2fi/device_registry/records/v1.
namespace u2fi::device_registry::key {

inline constexpr absl::string_view kAccounts = "account/";
inline constexpr absl::string_view kSites = "site/";
inline constexpr absl::string_view kGateways = "gateway/";
inline constexpr absl::string_view kDevices = "device/";
inline constexpr absl::string_view kModels = "model/";
inline constexpr absl::string_view kBindings = "binding/";
inline constexpr absl::string_view kTransactions = "tx/";
inline constexpr absl::string_view kDenied = "deny/";
inline constexpr absl::string_view kTimers = "timer/";

// The rows behind the resources, by id.
inline std::string Account(absl::string_view id) {
  return absl::StrCat(kAccounts, id);
}
inline std::string Site(absl::string_view id) {
  return absl::StrCat(kSites, id);
}
inline std::string Gateway(absl::string_view id) {
  return absl::StrCat(kGateways, id);
}
inline std::string Device(absl::string_view id) {
  return absl::StrCat(kDevices, id);
}
inline std::string Model(absl::string_view id) {
  return absl::StrCat(kModels, id);
}
// BindingRow; ids ascend from the newest to the oldest.
inline std::string Binding(absl::string_view id) {
  return absl::StrCat(kBindings, id);
}
inline std::string Transaction(absl::string_view id) {
  return absl::StrCat(kTransactions, id);
}
// PolicyRow.
inline std::string Policy() { return "policy"; }

// EnrolmentRow of one token of an account.
inline std::string EnrolmentPrefix(absl::string_view account) {
  return absl::StrCat("enrolment/", account, "/");
}
inline std::string Enrolment(absl::string_view account,
                             absl::string_view token) {
  return absl::StrCat(EnrolmentPrefix(account), token);
}

// OwnerRow: which device has this factory key, which gateway this identity key
// (by SHA-256 of its SPKI), which gateways a site has.
inline std::string FactoryKey(absl::string_view point) {
  return absl::StrCat("factory/",
                      crypto::Hex(crypto::View(crypto::Sha256(point))));
}
inline std::string GatewayKey(absl::string_view channel_key) {
  return absl::StrCat("gatewaykey/", crypto::Hex(channel_key));
}
inline std::string SiteGatewayPrefix(absl::string_view site) {
  return absl::StrCat("sitegateway/", site, "/");
}
inline std::string SiteGateway(absl::string_view site,
                               absl::string_view gateway) {
  return absl::StrCat(SiteGatewayPrefix(site), gateway);
}

// PinRow. A device's pin sets ascend from the newest to the oldest.
inline std::string PinPrefix(absl::string_view device) {
  return absl::StrCat("pins/", device, "/");
}
inline std::string Pins(absl::string_view device, uint32_t life,
                        uint64_t revision) {
  return absl::StrFormat("%s%08x/%016x", PinPrefix(device), ~life, ~revision);
}

// ReleaseRow of a device.
inline std::string Release(absl::string_view device) {
  return absl::StrCat("release/", device);
}

// AppliedRow of a command.
inline std::string Applied(absl::string_view command_id) {
  return absl::StrCat("applied/", command_id);
}

// DenyRow by number, and DenyHeadRow.
inline std::string Denied(uint64_t revision) {
  return absl::StrFormat("%s%016x", kDenied, revision);
}
inline std::string DenyHead() { return "denyhead"; }

// RevokedTokenRow of a token; RecoveryRow of an account.
inline std::string RevokedToken(absl::string_view token) {
  return absl::StrCat("revoked/", token);
}
// RevokedTokenRow: the account has lost its last key without a touch.
inline std::string Keyless(absl::string_view account) {
  return absl::StrCat("keyless/", account);
}
inline std::string Recovery(absl::string_view account) {
  return absl::StrCat("recovery/", account);
}

// ImportRow of a request; ClaimFailuresRow of an account.
inline std::string Import(absl::string_view request_id) {
  return absl::StrCat("import/", request_id);
}
inline std::string ClaimFailures(absl::string_view account) {
  return absl::StrCat("claims/", account);
}

// TimerRow: something of this kind and id falls due.
inline std::string Timer(uint64_t due_ms, absl::string_view kind,
                         absl::string_view id) {
  return absl::StrFormat("%s%013d/%s/%s", kTimers, due_ms, kind, id);
}

}  // namespace u2fi::device_registry::key

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_KEYS_H_
