#include "services/common/ctap2/ctap2_client.h"

#include <fido.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/fido/cbor.h"
#include "services/common/fido/cbor_writer.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::ctap2 {
namespace {

using u2fhid::WaitLimit;

constexpr size_t kHashSize = 32;

// libfido2 gives its open() nothing but a path, so the wire that is being
// opened waits here.
thread_local void* opening = nullptr;

void* OpenWire(const char*) { return std::exchange(opening, nullptr); }
void CloseWire(void*) {}
// Reports are the HidHost's: these two must be there and are never called.
int ReadReport(void*, unsigned char*, size_t, int) { return -1; }
int WriteReport(void*, const unsigned char*, size_t) { return -1; }

Ctap2Wire& WireOf(fido_dev_t* device) {
  return *static_cast<Ctap2Wire*>(fido_dev_io_handle(device));
}

int SendMessage(fido_dev_t* device, uint8_t command, const unsigned char* bytes,
                size_t size) {
  const absl::string_view message(reinterpret_cast<const char*>(bytes), size);
  return WireOf(device).Send(command, message) ? 0 : -1;
}

int ReceiveMessage(fido_dev_t* device, uint8_t, unsigned char* out, size_t size,
                   int) {
  const absl::StatusOr<std::string> answer = WireOf(device).Receive(size);
  if (!answer.ok()) return -1;
  std::copy(answer->begin(), answer->end(), out);
  return static_cast<int>(answer->size());
}

struct FreeAssert {
  void operator()(fido_assert_t* owned) const { fido_assert_free(&owned); }
};
struct FreeCred {
  void operator()(fido_cred_t* owned) const { fido_cred_free(&owned); }
};
using AssertPtr = std::unique_ptr<fido_assert_t, FreeAssert>;
using CredPtr = std::unique_ptr<fido_cred_t, FreeCred>;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
std::string Text(const unsigned char* bytes, size_t size) {
  return bytes == nullptr
             ? ""
             : std::string(reinterpret_cast<const char*>(bytes), size);
}

absl::Status Unreadable() {
  return Error(reason::kTokenFrame, "the key's answer is no CTAP2");
}

// What a key says about its PIN (CTAP 2.1, 8.2).
absl::Status PinErrorOf(int result) {
  switch (result) {
    case FIDO_ERR_PIN_INVALID:
      return Error(reason::kPinInvalid, "this is not the key's PIN");
    case FIDO_ERR_PIN_AUTH_BLOCKED:
      return Error(reason::kPinAuthBlocked,
                   "too many wrong PINs in a row: pull the key out");
    case FIDO_ERR_PIN_BLOCKED:
      return Error(reason::kPinBlocked,
                   "too many wrong PINs: the key must be reset");
    case FIDO_ERR_PIN_NOT_SET:
      return Error(reason::kPinNotSet, "the key has no PIN");
    case FIDO_ERR_PIN_REQUIRED:
      return Error(reason::kPinRequired, "the key wants its PIN");
    default:
      return absl::OkStatus();
  }
}

const char* TextOf(const Pin* pin) {
  return pin == nullptr ? nullptr : pin->c_str();
}

bool GaveUpWaiting(int result) {
  return result == FIDO_ERR_USER_ACTION_TIMEOUT ||
         result == FIDO_ERR_ACTION_TIMEOUT;
}

// What the key said, if it did: statuses of CTAP2 are positive, libfido2's own
// errors negative.
absl::Status ErrorOf(int result) {
  if (result == FIDO_OK) return absl::OkStatus();
  if (result == FIDO_ERR_INVALID_ARGUMENT) {
    return FieldError("request", "is none that a key can be asked");
  }
  if (result < 0) return Unreadable();
  RETURN_IF_ERROR(PinErrorOf(result));
  const std::string hex = absl::StrCat(absl::Hex(result, absl::kZeroPad2));
  return Error(reason::kDeviceStatus,
               absl::StrCat("the key answered with status ", hex),
               {{"status", hex}});
}

// True if libfido2 took all of it.
bool Fill(const AssertionRequest& request, bool touch, fido_assert_t* in) {
  const fido_opt_t up = touch ? FIDO_OPT_OMIT : FIDO_OPT_FALSE;
  const fido_opt_t uv =
      request.user_verification ? FIDO_OPT_TRUE : FIDO_OPT_OMIT;
  return in != nullptr && request.client_data_hash.size() == kHashSize &&
         fido_assert_set_rp(in, request.rp_id.c_str()) == FIDO_OK &&
         fido_assert_set_clientdata_hash(in, Bytes(request.client_data_hash),
                                         request.client_data_hash.size()) ==
             FIDO_OK &&
         fido_assert_allow_cred(in, Bytes(request.credential_id),
                                request.credential_id.size()) == FIDO_OK &&
         fido_assert_set_up(in, up) == FIDO_OK &&
         fido_assert_set_uv(in, uv) == FIDO_OK;
}

bool Fill(const CredentialRequest& request, fido_cred_t* in) {
  const fido_opt_t uv =
      request.user_verification ? FIDO_OPT_TRUE : FIDO_OPT_OMIT;
  return in != nullptr && request.client_data_hash.size() == kHashSize &&
         fido_cred_set_type(in, COSE_ES256) == FIDO_OK &&
         fido_cred_set_rp(in, request.rp_id.c_str(), request.rp_id.c_str()) ==
             FIDO_OK &&
         fido_cred_set_user(in, Bytes(request.user_id), request.user_id.size(),
                            "u2fi", nullptr, nullptr) == FIDO_OK &&
         fido_cred_set_clientdata_hash(in, Bytes(request.client_data_hash),
                                       request.client_data_hash.size()) ==
             FIDO_OK &&
         fido_cred_set_uv(in, uv) == FIDO_OK;
}

absl::StatusOr<Assertion> Read(const fido_assert_t* in) {
  if (fido_assert_count(in) == 0) return Unreadable();
  // libfido2 hands the authenticator data out as a CBOR byte string.
  const auto wrapped = fido::ParseCbor(
      Text(fido_assert_authdata_ptr(in, 0), fido_assert_authdata_len(in, 0)));
  if (!wrapped.ok() || !wrapped->AsBytes().has_value()) return Unreadable();
  Assertion assertion{
      std::string(*wrapped->AsBytes()),
      Text(fido_assert_sig_ptr(in, 0), fido_assert_sig_len(in, 0))};
  if (assertion.signature.empty()) return Unreadable();
  return assertion;
}

absl::StatusOr<std::string> Read(const fido_cred_t* in) {
  namespace cbor = fido::cbor;
  const char* const format = fido_cred_fmt(in);
  const std::string data =
      Text(fido_cred_authdata_raw_ptr(in), fido_cred_authdata_raw_len(in));
  if (format == nullptr || data.empty()) return Unreadable();
  std::string statement =
      Text(fido_cred_attstmt_ptr(in), fido_cred_attstmt_len(in));
  if (statement.empty()) statement = cbor::Map({});
  return cbor::Map({{cbor::Text("fmt"), cbor::Text(format)},
                    {cbor::Text("attStmt"), statement},
                    {cbor::Text("authData"), cbor::Bytes(data)}});
}

}  // namespace

// An opened libfido2 device.
struct Ctap2Client::Device {
  Device() : dev(fido_dev_new()) {}
  ~Device() {
    fido_dev_close(dev);
    fido_dev_free(&dev);
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  fido_dev_t* dev;
};

Ctap2Client::Ctap2Client(u2fhid::HidHost& host, const Clock& clock,
                         Ctap2Wire::Options options)
    : wire_(host, clock, std::move(options)) {}

Ctap2Client::~Ctap2Client() = default;

absl::StatusOr<Verification> Ctap2Client::CanVerify(const WaitLimit& limit) {
  wire_.Begin(limit);
  RETURN_IF_ERROR(Open());
  return Verification{fido_dev_has_uv(device_->dev),
                      fido_dev_has_pin(device_->dev)};
}

absl::StatusOr<int> Ctap2Client::PinRetries(const WaitLimit& limit) {
  int retries = 0;
  ASSIGN_OR_RETURN(const int result, Ask(limit, [&](Device& device) {
                     return fido_dev_get_retry_count(device.dev, &retries);
                   }));
  RETURN_IF_ERROR(ErrorOf(result));
  return retries;
}

absl::StatusOr<bool> Ctap2Client::Has(absl::string_view rp_id,
                                      absl::string_view credential_id,
                                      const WaitLimit& limit) {
  // Nobody looks at what is signed: it says that nobody touched.
  const AssertionRequest request{std::string(rp_id), std::string(32, '\0'),
                                 std::string(credential_id)};
  const AssertPtr assertion(fido_assert_new());
  if (!Fill(request, false, assertion.get())) {
    return ErrorOf(FIDO_ERR_INVALID_ARGUMENT);
  }
  ASSIGN_OR_RETURN(const int result, Ask(limit, [&](Device& device) {
                     return fido_dev_get_assert(device.dev, assertion.get(),
                                                nullptr);
                   }));
  if (result == FIDO_ERR_NO_CREDENTIALS ||
      result == FIDO_ERR_INVALID_CREDENTIAL) {
    return false;
  }
  RETURN_IF_ERROR(ErrorOf(result));
  return true;
}

absl::StatusOr<Assertion> Ctap2Client::Sign(const AssertionRequest& request,
                                            const WaitLimit& limit) {
  const AssertPtr assertion(fido_assert_new());
  if (!Fill(request, true, assertion.get())) {
    return ErrorOf(FIDO_ERR_INVALID_ARGUMENT);
  }
  ASSIGN_OR_RETURN(const int result, Ask(limit, [&](Device& device) {
                     return fido_dev_get_assert(device.dev, assertion.get(),
                                                TextOf(request.pin));
                   }));
  RETURN_IF_ERROR(ErrorOf(result));
  return Read(assertion.get());
}

absl::StatusOr<std::string> Ctap2Client::Make(const CredentialRequest& request,
                                              const WaitLimit& limit) {
  const CredPtr credential(fido_cred_new());
  if (!Fill(request, credential.get())) {
    return ErrorOf(FIDO_ERR_INVALID_ARGUMENT);
  }
  ASSIGN_OR_RETURN(const int result, Ask(limit, [&](Device& device) {
                     return fido_dev_make_cred(device.dev, credential.get(),
                                               TextOf(request.pin));
                   }));
  RETURN_IF_ERROR(ErrorOf(result));
  return Read(credential.get());
}

absl::StatusOr<int> Ctap2Client::Ask(const WaitLimit& limit,
                                     const std::function<int(Device&)>& call) {
  wire_.Begin(limit);
  RETURN_IF_ERROR(Open());
  int result = call(*device_);
  while (GaveUpWaiting(result) && wire_.Pause()) result = call(*device_);
  if (result < 0) device_.reset();
  RETURN_IF_ERROR(wire_.error());
  if (GaveUpWaiting(result)) {
    return Error(reason::kTouchTimeout, "nobody touched the key in time");
  }
  return result;
}

absl::Status Ctap2Client::Open() {
  if (device_ != nullptr) return absl::OkStatus();
  fido_init(FIDO_DISABLE_U2F_FALLBACK);
  const fido_dev_io_t reports = {OpenWire, CloseWire, ReadReport, WriteReport};
  const fido_dev_transport_t messages = {ReceiveMessage, SendMessage};
  auto device = std::make_unique<Device>();
  opening = &wire_;
  const bool opened =
      device->dev != nullptr &&
      fido_dev_set_io_functions(device->dev, &reports) == FIDO_OK &&
      fido_dev_set_transport_functions(device->dev, &messages) == FIDO_OK &&
      fido_dev_open(device->dev, "u2fi") == FIDO_OK;
  opening = nullptr;
  RETURN_IF_ERROR(wire_.error());
  if (!opened) return Unreadable();
  device_ = std::move(device);
  return absl::OkStatus();
}

}  // namespace u2fi::ctap2
