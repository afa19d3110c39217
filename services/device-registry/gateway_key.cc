#include "services/device-registry/gateway_key.h"

#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {

absl::StatusOr<std::string> ChannelKeyOf(const std::string& spki) {
  ASSIGN_OR_RETURN(const crypto::P256PublicKey key,
                   crypto::P256PublicKey::FromSpki(spki));
  if (key.Spki() == spki) return crypto::ToString(key.SpkiHash());
  return Error(reason::kPublicKeyInvalid,
               "the key is not encoded as an uncompressed point");
}

absl::Status CheckNewKey(Change& change, const std::string& channel_key,
                         absl::string_view field) {
  ASSIGN_OR_RETURN(const bool used,
                   change.Exists(key::GatewayKey(channel_key)));
  if (!used) return absl::OkStatus();
  return Error(reason::kResourceExists, "a gateway has or had this key",
               {{"field", std::string(field)}});
}

absl::Status PutKey(Change& change, const std::string& spki,
                    v1::Gateway& gateway) {
  ASSIGN_OR_RETURN(const std::string channel_key, ChannelKeyOf(spki));
  RETURN_IF_ERROR(CheckNewKey(change, channel_key, "public_key"));
  const std::string id = PlainId(gateway.name());
  gateway.set_public_key(spki);
  gateway.set_channel_key(channel_key);
  gateway.clear_pending_public_key();
  gateway.set_etag(NextEtag(gateway.etag()));
  records::v1::GatewayRow row;
  *row.mutable_gateway() = gateway;
  change.Put(key::Gateway(id), std::move(row));
  records::v1::OwnerRow owner;
  owner.set_owner(id);
  change.Put(key::GatewayKey(channel_key), owner);
  v1::WatchEventsResponse event;
  event.set_kind(v1::EVENT_KIND_GATEWAY);
  event.set_resource(gateway.name());
  event.set_state(StateName(gateway.state()));
  event.set_reason(reason::kGatewayKeyMismatch.name);
  change.Announce(std::move(event));
  return absl::OkStatus();
}

}  // namespace u2fi::device_registry
