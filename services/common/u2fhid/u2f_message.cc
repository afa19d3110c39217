#include "services/common/u2fhid/u2f_message.h"

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::u2fhid {
namespace {

constexpr uint8_t kRegistrationId = 0x05;  // Section 4.3.
constexpr uint32_t kAnyLength = 65536;

absl::Status CheckParameter(absl::string_view name, absl::string_view value) {
  if (value.size() == kParameterSize) return absl::OkStatus();
  return FieldError(name, "must have 32 bytes");
}

absl::Status SizeError() {
  return Error(reason::kTokenFrame, "U2F request: wrong size of the data",
               {{"rule", "u2f_request"}});
}

std::string CounterBytes(uint32_t counter) {
  std::string bytes(4, '\0');
  for (int i = 0; i < 4; ++i) bytes[i] = counter >> (24 - 8 * i);
  return bytes;
}

CommandApdu MakeCommand(Instruction instruction, uint8_t p1, std::string data) {
  return {0,         static_cast<uint8_t>(instruction), p1, 0, std::move(data),
          kAnyLength};
}

bool IsControl(uint8_t p1) {
  return p1 == static_cast<uint8_t>(Control::kEnforceTouch) ||
         p1 == static_cast<uint8_t>(Control::kCheckOnly) ||
         p1 == static_cast<uint8_t>(Control::kDontEnforceTouch);
}

}  // namespace

absl::StatusOr<CommandApdu> ToCommand(const RegisterRequest& request) {
  RETURN_IF_ERROR(CheckParameter("challenge", request.challenge));
  RETURN_IF_ERROR(CheckParameter("application", request.application));
  return MakeCommand(Instruction::kRegister, 0,
                     absl::StrCat(request.challenge, request.application));
}

absl::StatusOr<CommandApdu> ToCommand(const AuthenticateRequest& request) {
  RETURN_IF_ERROR(CheckParameter("challenge", request.challenge));
  RETURN_IF_ERROR(CheckParameter("application", request.application));
  if (request.key_handle.empty() || request.key_handle.size() > kMaxKeyHandle) {
    return FieldError("key_handle", "must have 1 to 255 bytes");
  }
  const std::string length(1, static_cast<char>(request.key_handle.size()));
  return MakeCommand(Instruction::kAuthenticate,
                     static_cast<uint8_t>(request.control),
                     absl::StrCat(request.challenge, request.application,
                                  length, request.key_handle));
}

CommandApdu VersionCommand() {
  return MakeCommand(Instruction::kVersion, 0, "");
}

absl::StatusOr<RegisterRequest> ToRegisterRequest(const CommandApdu& command) {
  if (command.data.size() != 2 * kParameterSize) return SizeError();
  return RegisterRequest{command.data.substr(0, kParameterSize),
                         command.data.substr(kParameterSize)};
}

absl::StatusOr<AuthenticateRequest> ToAuthenticateRequest(
    const CommandApdu& command) {
  constexpr size_t kFixed = 2 * kParameterSize + 1;
  const std::string& data = command.data;
  if (data.size() <= kFixed) return SizeError();
  const size_t length = static_cast<uint8_t>(data[kFixed - 1]);
  if (data.size() != kFixed + length) return SizeError();
  if (!IsControl(command.p1)) {
    return Error(reason::kTokenFrame, "U2F request: unknown control byte",
                 {{"rule", "u2f_control"}});
  }
  return AuthenticateRequest{
      static_cast<Control>(command.p1), data.substr(0, kParameterSize),
      data.substr(kParameterSize, kParameterSize), data.substr(kFixed)};
}

std::string EncodeRegisterResponse(const RegisterResponse& response) {
  const char id = static_cast<char>(kRegistrationId);
  const char length = static_cast<char>(response.key_handle.size());
  return absl::StrCat(std::string(1, id), response.public_key,
                      std::string(1, length), response.key_handle,
                      response.certificate, response.signature);
}

std::string EncodeAuthenticateResponse(const AuthenticateResponse& response) {
  return absl::StrCat(std::string(1, static_cast<char>(response.presence)),
                      CounterBytes(response.counter), response.signature);
}

std::string RegistrationSignedBytes(const RegisterRequest& request,
                                    const RegisterResponse& response) {
  return absl::StrCat(std::string(1, '\0'), request.application,
                      request.challenge, response.key_handle,
                      response.public_key);
}

std::string AuthenticationSignedBytes(const AuthenticateRequest& request,
                                      const AuthenticateResponse& response) {
  return absl::StrCat(request.application,
                      std::string(1, static_cast<char>(response.presence)),
                      CounterBytes(response.counter), request.challenge);
}

}  // namespace u2fi::u2fhid
