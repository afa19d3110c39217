#include "tools/device-emulator/plain_endpoint.h"

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/hash.h"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"
#include "tools/device-emulator/execution_journal.h"
#include "tools/device-emulator/results.h"

namespace u2fi::device {
namespace {

using nlohmann::json;

constexpr size_t kMaxPlain = 8192;

bool HasText(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string();
}

// {"command", "operation", "arguments"}; null if it is not that.
json ReadRequest(absl::string_view payload) {
  if (payload.size() > kMaxPlain) return nullptr;
  json request = json::parse(payload, nullptr, /*allow_exceptions=*/false);
  if (!request.is_object() || !HasText(request, "command") ||
      !HasText(request, "operation") || !request["arguments"].is_object()) {
    return nullptr;
  }
  // They become words of a journal line.
  if (!proof::IsOperation(request["command"].get<std::string>()) ||
      !proof::IsOperation(request["operation"].get<std::string>())) {
    return nullptr;
  }
  return request;
}

}  // namespace

Endpoint::Payloads PlainEndpoint::Receive(absl::string_view payload) {
  const json request = ReadRequest(payload);
  if (request.is_null()) {
    console_.Say(device_, "ignored: not a command");
    return {};
  }
  const std::string command = request["command"];
  const std::string operation = request["operation"];
  const std::string outcome =
      Execute(command, operation, request["arguments"].dump());
  console_.Say(device_, absl::StrCat(operation, ": ", outcome, ", unverified"));
  return {json{{"command", command}, {"outcome", outcome}}.dump()};
}

std::string PlainEndpoint::Execute(const std::string& command,
                                   const std::string& operation,
                                   const std::string& arguments) {
  const absl::Status known = appliance_.Check(operation, arguments);
  if (!known.ok()) return Refused(known);
  RecentCommand begun;
  begun.command_id = command;
  begun.hash = crypto::Sha256(arguments);
  begun.operation = operation;
  // It has no memory to protect; the journal is for those who count.
  storage_.Append(BeginLine(begun)).IgnoreError();
  if (act_) act_();
  const auto answer = appliance_.Execute(operation, arguments);
  std::string outcome =
      answer.ok() ? SucceededWith(*answer) : Failed(answer.status());
  storage_.Append(EndLine(0, outcome)).IgnoreError();
  return outcome;
}

absl::StatusOr<Endpoint::Payloads> PlainEndpoint::Control(
    const std::vector<std::string>&) {
  return FieldError("command", "a device without the kit has no button");
}

std::string PlainEndpoint::Describe() const {
  return appliance_.model() + " without the kit, obeys whatever comes";
}

}  // namespace u2fi::device
