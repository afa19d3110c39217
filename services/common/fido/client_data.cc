#include "services/common/fido/client_data.h"

#include <utility>

#include "absl/strings/strip.h"
#include "services/common/fido/strict_json.h"
#include "services/common/status/error.h"

namespace u2fi::fido {
namespace {

class ClientDataHandler : public StrictJsonHandler {
 public:
  explicit ClientDataHandler(ClientData& out) : out_(out) {}

  bool OnString(std::string& value) override {
    if (Depth() == 2 && Key(1) == "cid_pubkey") {
      if (std::string* field = ChannelField()) *field = std::move(value);
      return true;
    }
    if (Depth() != 1) return true;
    if (Key(1) == "cid_pubkey") {
      // Early Chrome left it empty where the standard says "unused".
      out_.channel_id = value == "unused" || value.empty()
                            ? ClientData::ChannelId::kUnused
                            : ClientData::ChannelId::kOther;
    } else if (absl::optional<std::string>* field = Field()) {
      *field = std::move(value);
    }
    return Key(1) != "crossOrigin";
  }

  bool OnBoolean(bool value) override {
    if (Depth() != 1 || Key(1) != "crossOrigin") return OnOther();
    out_.cross_origin = value;
    return true;
  }

  bool OnObject() override {
    return OnOther() && SetChannelId(ClientData::ChannelId::kKey);
  }

  bool OnOther() override {
    if (Depth() != 1) return true;
    return SetChannelId(ClientData::ChannelId::kOther) &&
           Key(1) != "crossOrigin" && Key(1) != "topOrigin";
  }

 private:
  // If that is the member at hand.
  bool SetChannelId(ClientData::ChannelId kind) {
    if (Depth() == 1 && Key(1) == "cid_pubkey") out_.channel_id = kind;
    return true;
  }

  absl::optional<std::string>* Field() {
    const absl::string_view key = Key(1);
    if (key == "typ") return &out_.typ;
    if (key == "type") return &out_.type;
    if (key == "challenge") return &out_.challenge;
    if (key == "origin") return &out_.origin;
    return key == "topOrigin" ? &out_.top_origin : nullptr;
  }

  std::string* ChannelField() {
    const absl::string_view key = Key(2);
    if (key == "kty") return &out_.channel_key.kty;
    if (key == "crv") return &out_.channel_key.crv;
    if (key == "x") return &out_.channel_key.x;
    return key == "y" ? &out_.channel_key.y : nullptr;
  }

  ClientData& out_;
};

}  // namespace

absl::StatusOr<ClientData> ParseClientData(absl::string_view bytes) {
  ClientData parsed;
  const JsonLimits limits{kMaxClientDataSize, 8, 64};
  ClientDataHandler handler(parsed);
  if (bytes.size() > limits.size ||
      !ReadStrictJson(absl::StripPrefix(bytes, "\xef\xbb\xbf"), limits,
                      handler)) {
    return Error(reason::kClientDataFormat,
                 "the client data is not one JSON object within the limits");
  }
  parsed.hash = crypto::Sha256(bytes);
  return parsed;
}

}  // namespace u2fi::fido
