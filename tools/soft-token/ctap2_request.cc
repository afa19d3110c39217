#include "tools/soft-token/ctap2_request.h"

#include "services/common/fido/cbor.h"

namespace u2fi::soft_token {
namespace {

using fido::CborValue;

constexpr size_t kHashSize = 32;
constexpr absl::string_view kPublicKey = "public-key";

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

  // `options_key` and `pin_key` are those of options and pinUvAuthParam.
  void Options(int64_t options_key, int64_t pin_key, Ctap2Options& out) {
    out.has_pin_auth = Optional(pin_key) != nullptr;
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

}  // namespace u2fi::soft_token
