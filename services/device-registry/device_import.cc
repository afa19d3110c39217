#include "services/device-registry/device_import.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

using records::v1::DeviceRow;
using records::v1::ImportRow;
using records::v1::OwnerRow;

constexpr int kMaxDevices = 1000;
constexpr size_t kHashSize = 32;
// How many devices an audit row names; it has the digest of all.
constexpr int kNamedInAudit = 16;
constexpr absl::Duration kRequestKept = absl::Hours(24);

std::string At(int index, absl::string_view field) {
  return absl::StrCat("devices[", index, "].", field);
}

absl::Status CheckEntry(const v1::DeviceImport& device, int index) {
  RETURN_IF_ERROR(rpc::CheckId(At(index, "device_id"), device.device_id()));
  RETURN_IF_ERROR(rpc::CheckId(At(index, "model"), device.model()));
  const auto key = crypto::P256PublicKey::FromPoint(device.factory_key());
  if (!key.ok()) {
    return WithMetadata(key.status(), "field", At(index, "factory_key"));
  }
  const size_t code = device.claim_code_hash().size();
  if (code != 0 && code != kHashSize) {
    return FieldError(At(index, "claim_code_hash"), "is not 32 bytes");
  }
  return device.grant_secret().empty() ? absl::OkStatus()
                                       : NotYet("a grant secret");
}

absl::Status CheckRequest(const v1::ImportDevicesRequest& request) {
  RETURN_IF_ERROR(rpc::CheckRequestId("request_id", request.request_id()));
  if (request.devices().empty() || request.devices_size() > kMaxDevices) {
    return FieldError("devices", "has none or more than 1,000 entries");
  }
  std::set<absl::string_view> ids, keys;
  for (int i = 0; i < request.devices_size(); ++i) {
    RETURN_IF_ERROR(CheckEntry(request.devices(i), i));
    if (!ids.insert(request.devices(i).device_id()).second) {
      return FieldError(At(i, "device_id"), "is there twice");
    }
    if (!keys.insert(request.devices(i).factory_key()).second) {
      return FieldError(At(i, "factory_key"), "is there twice");
    }
  }
  return absl::OkStatus();
}

std::string DigestOf(const v1::ImportDevicesRequest& request) {
  v1::ImportDevicesRequest devices;
  *devices.mutable_devices() = request.devices();
  return crypto::ToString(crypto::Sha256(devices.SerializeAsString()));
}

absl::Status CheckFree(Change& change, const std::string& key, int index,
                       absl::string_view field) {
  ASSIGN_OR_RETURN(const bool exists, change.Exists(key));
  if (!exists) return absl::OkStatus();
  return Error(reason::kResourceExists, "this is taken",
               {{"field", At(index, field)}});
}

absl::Status CheckModels(Change& change,
                         const v1::ImportDevicesRequest& request) {
  for (const v1::DeviceImport& device : request.devices()) {
    ASSIGN_OR_RETURN(const auto model, change.Peek<records::v1::ModelRow>(
                                           key::Model(device.model())));
    if (!model.has_value()) {
      return UnknownResource(absl::StrCat("models/", device.model()));
    }
  }
  return absl::OkStatus();
}

// Everything that is read, in one round trip.
absl::Status LoadAll(Change& change, const v1::ImportDevicesRequest& request) {
  std::set<std::string> keys = {key::Import(request.request_id())};
  for (const v1::DeviceImport& device : request.devices()) {
    keys.insert(key::Device(device.device_id()));
    keys.insert(key::FactoryKey(device.factory_key()));
    keys.insert(key::Model(device.model()));
  }
  return change.Load({keys.begin(), keys.end()});
}

DeviceRow RowOf(const v1::DeviceImport& import, int64_t now_ms) {
  DeviceRow row;
  row.set_claim_code_hash(import.claim_code_hash());
  v1::Device& device = *row.mutable_device();
  device.set_name(absl::StrCat("devices/", import.device_id()));
  device.set_model(import.model());
  device.set_factory_key(import.factory_key());
  device.set_state(v1::DEVICE_STATE_IMPORTED);
  device.set_kit(import.kit());
  *device.mutable_create_time() = ToTimestamp(now_ms);
  device.set_etag(FirstEtag());
  return row;
}

audit::RowContent AuditOf(const rpc::Caller& caller, const ImportRow& import) {
  audit::RowContent row = RowAbout(audit::v1::ROW_KIND_ADMIN, caller, {});
  const int named = std::min(import.devices_size(), kNamedInAudit);
  row.subjects.assign(import.devices().begin(),
                      import.devices().begin() + named);
  row.body.set_state_after("IMPORTED");
  AddDetail(row, "devices", absl::StrCat(import.devices_size()));
  AddDetail(row, "sha256", crypto::Hex(import.digest()));
  return row;
}

// Puts every device of the request into the change.
absl::Status PutAll(Change& change, const v1::ImportDevicesRequest& request,
                    int64_t now_ms) {
  for (int i = 0; i < request.devices_size(); ++i) {
    const v1::DeviceImport& device = request.devices(i);
    const std::string key = key::Device(device.device_id());
    const std::string factory = key::FactoryKey(device.factory_key());
    RETURN_IF_ERROR(CheckFree(change, key, i, "device_id"));
    RETURN_IF_ERROR(CheckFree(change, factory, i, "factory_key"));
    DeviceRow row = RowOf(device, now_ms);
    change.Announce(v1::EVENT_KIND_DEVICE, row.device().name(), "IMPORTED");
    change.Put(key, std::move(row));
    OwnerRow owner;
    owner.set_owner(device.device_id());
    change.Put(factory, std::move(owner));
  }
  return absl::OkStatus();
}

// The answer to the same request before, if it is still remembered.
absl::StatusOr<bool> WasDone(Change& change, const std::string& key,
                             const std::string& digest, int64_t now_ms) {
  ASSIGN_OR_RETURN(const absl::optional<ImportRow> done,
                   change.Read<ImportRow>(key));
  if (!done.has_value() || static_cast<int64_t>(done->expire_ms()) <= now_ms) {
    return false;
  }
  if (done->digest() == digest) return true;
  return Error(reason::kRequestIdReused,
               "this request_id came with another body before");
}

}  // namespace

absl::StatusOr<v1::ImportDevicesResponse> DeviceImport::ImportDevices(
    const rpc::Caller& caller, const v1::ImportDevicesRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckRequest(request));
  const absl::Time expires = store_.clock().Now() + kRequestKept;
  ImportRow import;
  import.set_digest(DigestOf(request));
  import.set_expire_ms(static_cast<uint64_t>(absl::ToUnixMillis(expires)));
  for (const v1::DeviceImport& device : request.devices()) {
    import.add_devices(absl::StrCat("devices/", device.device_id()));
  }
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) -> absl::Status {
    RETURN_IF_ERROR(LoadAll(change, request));
    const int64_t now_ms = UnixMillis(store_.clock());
    const std::string key = key::Import(request.request_id());
    ASSIGN_OR_RETURN(const bool done,
                     WasDone(change, key, import.digest(), now_ms));
    if (done) return absl::OkStatus();
    RETURN_IF_ERROR(CheckModels(change, request));
    RETURN_IF_ERROR(PutAll(change, request, now_ms));
    if (request.validate_only()) {
      change.Discard();
      return absl::OkStatus();
    }
    change.Put(key, import, expires);
    change.Audit(AuditOf(caller, import));
    return absl::OkStatus();
  }));
  v1::ImportDevicesResponse response;
  *response.mutable_devices() = import.devices();
  return response;
}

}  // namespace u2fi::device_registry
