#include "tools/soft-token/ctap2_request.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/fido/cbor.h"

namespace u2fi::soft_token {
namespace {

using fido::CborValue;

constexpr size_t kHashSize = 32;
constexpr size_t kCoordinateSize = 32;
constexpr absl::string_view kPublicKey = "public-key";
// Of COSE (RFC 9053): kind of key, algorithm and curve.
constexpr int64_t kEc2 = 2;
constexpr int64_t kEcdhEs = -25;
constexpr int64_t kP256 = 1;

// The parameters of a request, taken one by one. After the first that is wrong
// the rest is not looked at.
class Parameters {
 public:
  explicit Parameters(absl::string_view cbor) {
    if (cbor.size() >= kMaxCtap2Message) {
      status_ = Ctap2Status::kRequestTooLarge;
      return;
    }
    const auto parsed = fido::ParseCbor(cbor);
    if (parsed.ok() && parsed->AsMap() != nullptr) {
      map_ = *parsed;
    } else {
      status_ = Ctap2Status::kInvalidCbor;
    }
  }

  Ctap2Status status() const { return status_; }

  void Hash(int64_t key, std::string& out) {
    const CborValue* value = Required(key);
    if (value == nullptr) return;
    const auto bytes = value->AsBytes();
    if (!bytes.has_value() || bytes->size() != kHashSize) return WrongType();
    out = std::string(*bytes);
  }

  void Text(int64_t key, std::string& out) { TakeText(Required(key), out); }

  // The text `name` in the map `key`.
  void TextIn(int64_t key, absl::string_view name, std::string& out) {
    const CborValue* map = RequiredMap(key);
    if (map != nullptr) TakeText(Present(map->Find(name)), out);
  }

  // The map `key` has bytes `name`; what they are is of no use here.
  void BytesIn(int64_t key, absl::string_view name) {
    const CborValue* map = RequiredMap(key);
    if (map == nullptr) return;
    const CborValue* value = Present(map->Find(name));
    if (value != nullptr && !value->AsBytes().has_value()) WrongType();
  }

  void Algorithms(int64_t key, std::vector<int64_t>& out) {
    const CborValue* list = Required(key);
    if (list == nullptr) return;
    if (list->AsArray() == nullptr) return WrongType();
    for (const CborValue& item : *list->AsArray()) {
      const CborValue* number = Member(item, "alg");
      if (status_ != Ctap2Status::kOk) return;
      if (!number->AsInteger().has_value()) return WrongType();
      if (IsPublicKey(item)) out.push_back(*number->AsInteger());
    }
  }

  // Descriptors of credentials, if there are any.
  void Credentials(int64_t key, std::vector<std::string>& out) {
    const CborValue* list = Optional(key);
    if (list == nullptr) return;
    if (list->AsArray() == nullptr) return WrongType();
    for (const CborValue& item : *list->AsArray()) {
      const CborValue* id = Member(item, "id");
      if (status_ != Ctap2Status::kOk) return;
      if (!id->AsBytes().has_value()) return WrongType();
      if (IsPublicKey(item)) out.emplace_back(*id->AsBytes());
    }
  }

  void Integer(int64_t key, int64_t& out) {
    const CborValue* value = Required(key);
    if (value == nullptr) return;
    if (!value->AsInteger().has_value()) return WrongType();
    out = *value->AsInteger();
  }

  // What may be absent.
  void Integer(int64_t key, absl::optional<int64_t>& out) {
    const CborValue* value = Optional(key);
    if (value == nullptr) return;
    out = value->AsInteger();
    if (!out.has_value()) WrongType();
  }
  void Bytes(int64_t key, absl::optional<std::string>& out) {
    const CborValue* value = Optional(key);
    if (value == nullptr) return;
    if (!value->AsBytes().has_value()) return WrongType();
    out = std::string(*value->AsBytes());
  }
  void Text(int64_t key, absl::optional<std::string>& out) {
    const CborValue* value = Optional(key);
    if (value == nullptr) return;
    if (!value->AsText().has_value()) return WrongType();
    out = std::string(*value->AsText());
  }

  // A COSE_Key of ECDH-ES on P-256 (6.5.6), if there is one.
  void Point(int64_t key, absl::optional<std::string>& out) {
    const CborValue* map = Optional(key);
    if (map == nullptr) return;
    if (map->AsMap() == nullptr) return WrongType();
    if (!Is(*map, 1, kEc2) || !Is(*map, 3, kEcdhEs) || !Is(*map, -1, kP256)) {
      return Fail(Ctap2Status::kInvalidParameter);
    }
    std::string point = "\x04";
    for (const int64_t coordinate : {-2, -3}) {
      const CborValue* value = map->Find(coordinate);
      if (value == nullptr || !value->AsBytes().has_value() ||
          value->AsBytes()->size() != kCoordinateSize) {
        return Fail(Ctap2Status::kInvalidParameter);
      }
      absl::StrAppend(&point, *value->AsBytes());
    }
    out = std::move(point);
  }

  // `options_key` and `pin_key` are those of options and pinUvAuthParam, which
  // pinUvAuthProtocol follows.
  void Options(int64_t options_key, int64_t pin_key, Ctap2Options& out) {
    Bytes(pin_key, out.pin_auth);
    Integer(pin_key + 1, out.pin_protocol);
    const CborValue* map = Optional(options_key);
    if (map == nullptr) return;
    if (map->AsMap() == nullptr) return WrongType();
    Option(*map, "up", out.touch);
    Option(*map, "uv", out.user_verification);
    Option(*map, "rk", out.resident);
  }

 private:
  void Fail(Ctap2Status status) {
    if (status_ == Ctap2Status::kOk) status_ = status;
  }
  static bool Is(const CborValue& map, int64_t key, int64_t wanted) {
    const CborValue* value = map.Find(key);
    return value != nullptr && value->AsInteger() == wanted;
  }
  void WrongType() { Fail(Ctap2Status::kUnexpectedType); }

  const CborValue* Optional(int64_t key) const {
    return status_ == Ctap2Status::kOk ? map_.Find(key) : nullptr;
  }
  // `value`, which must be there.
  const CborValue* Present(const CborValue* value) {
    if (value == nullptr) Fail(Ctap2Status::kMissingParameter);
    return value;
  }
  const CborValue* Required(int64_t key) {
    return status_ == Ctap2Status::kOk ? Present(map_.Find(key)) : nullptr;
  }
  const CborValue* RequiredMap(int64_t key) {
    const CborValue* map = Required(key);
    if (map == nullptr || map->AsMap() != nullptr) return map;
    WrongType();
    return nullptr;
  }
  // What a descriptor must have besides its type.
  const CborValue* Member(const CborValue& descriptor, absl::string_view name) {
    if (descriptor.AsMap() == nullptr) {
      WrongType();
      return nullptr;
    }
    const CborValue* type = Present(descriptor.Find("type"));
    if (type != nullptr && !type->AsText().has_value()) WrongType();
    return Present(descriptor.Find(name));
  }
  static bool IsPublicKey(const CborValue& descriptor) {
    return descriptor.Find("type")->AsText() == kPublicKey;
  }
  void TakeText(const CborValue* value, std::string& out) {
    if (value == nullptr) return;
    if (!value->AsText().has_value()) return WrongType();
    out = std::string(*value->AsText());
  }
  void Option(const CborValue& map, absl::string_view name, bool& out) {
    const CborValue* value = map.Find(name);
    if (value == nullptr) return;
    if (!value->AsBoolean().has_value()) return WrongType();
    out = *value->AsBoolean();
  }

  CborValue map_;
  Ctap2Status status_ = Ctap2Status::kOk;
};

}  // namespace

Ctap2Status ReadRequest(absl::string_view cbor, MakeCredentialRequest& out) {
  Parameters parameters(cbor);
  parameters.Hash(1, out.client_data_hash);
  parameters.TextIn(2, "id", out.rp_id);
  parameters.BytesIn(3, "id");
  parameters.Algorithms(4, out.algorithms);
  parameters.Credentials(5, out.exclude);
  parameters.Options(7, 8, out.options);
  return parameters.status();
}

Ctap2Status ReadRequest(absl::string_view cbor, GetAssertionRequest& out) {
  Parameters parameters(cbor);
  parameters.Text(1, out.rp_id);
  parameters.Hash(2, out.client_data_hash);
  parameters.Credentials(3, out.allow);
  parameters.Options(5, 6, out.options);
  return parameters.status();
}

Ctap2Status ReadRequest(absl::string_view cbor, ClientPinRequest& out) {
  Parameters parameters(cbor);
  int64_t command = 0;
  parameters.Integer(2, command);
  parameters.Integer(1, out.protocol);
  parameters.Point(3, out.peer);
  parameters.Bytes(4, out.proof);
  parameters.Bytes(5, out.new_pin);
  parameters.Bytes(6, out.pin_hash);
  parameters.Integer(9, out.permissions);
  parameters.Text(10, out.rp_id);
  out.command = static_cast<PinCommand>(command);
  return parameters.status();
}

}  // namespace u2fi::soft_token
