// What clients of the site do.
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/proof/pin_set.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_macros.h"
#include "tests/e2e/one_site.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandItem;
using command_gate::v1::CommandRecord;
using command_gate::v1::EnrolOptions;

std::string RequestId(int number) {
  static std::atomic<int> requests{1};
  if (number == 0) number = requests++;
  return absl::StrCat(absl::Hex(number, absl::kZeroPad16),
                      std::string(16, '0'));
}

}  // namespace

absl::StatusOr<command_gate::v1::SubmitBatchResponse> OneSite::SubmitBatch(
    const std::vector<CommandItem>& items) {
  command_gate::v1::SubmitBatchRequest submit;
  submit.set_request_id(RequestId(0));
  for (const CommandItem& item : items) *submit.add_items() = item;
  submit.mutable_options()->set_on_behalf_of("ann");
  submit.mutable_options()->set_purpose(proof::v1::PURPOSE_COMMAND);
  grpc::ClientContext context;
  rpc::PrepareCall(context, absl::Seconds(10));
  command_gate::v1::SubmitBatchResponse response;
  RETURN_IF_ERROR(
      rpc::FromGrpcStatus(client_->SubmitBatch(&context, submit, &response)));
  return response;
}

absl::StatusOr<command_gate::v1::BatchRecord> OneSite::WaitForBatch(
    const std::string& name) {
  command_gate::v1::WaitCommandRequest wait;
  wait.set_name(name);
  wait.mutable_timeout()->set_seconds(20);
  grpc::ClientContext context;
  rpc::PrepareCall(context, absl::Seconds(25));
  command_gate::v1::WaitCommandResponse response;
  RETURN_IF_ERROR(
      rpc::FromGrpcStatus(client_->WaitCommand(&context, wait, &response)));
  return response.batch();
}

absl::StatusOr<CommandRecord> OneSite::Submit(const CommandItem& item,
                                              proof::v1::Purpose purpose,
                                              const std::string& place,
                                              int request,
                                              const EnrolOptions& enrol) {
  command_gate::v1::SubmitCommandRequest submit;
  if (request != 0) submit.set_request_id(RequestId(request));
  *submit.mutable_item() = item;
  submit.mutable_options()->set_on_behalf_of("ann");
  submit.mutable_options()->set_purpose(purpose);
  submit.mutable_options()->mutable_approve_within()->set_seconds(5);
  submit.mutable_options()->mutable_execute_within()->set_seconds(10);
  if (enrol.ByteSizeLong() > 0)
    *submit.mutable_options()->mutable_enrol() = enrol;
  if (!place.empty()) {
    submit.mutable_options()->mutable_place()->set_gateway(place);
  }
  return SubmitRequest(std::move(submit));
}

absl::StatusOr<CommandRecord> OneSite::SubmitRequest(
    command_gate::v1::SubmitCommandRequest submit) {
  if (submit.request_id().empty()) submit.set_request_id(RequestId(0));
  grpc::ClientContext context;
  rpc::PrepareCall(context, absl::Seconds(10));
  command_gate::v1::SubmitCommandResponse response;
  RETURN_IF_ERROR(
      rpc::FromGrpcStatus(client_->SubmitCommand(&context, submit, &response)));
  return response.command();
}

absl::StatusOr<CommandRecord> OneSite::Get(const std::string& name) {
  command_gate::v1::GetCommandRequest get;
  get.set_name(name);
  get.set_view(command_gate::v1::COMMAND_VIEW_FULL);
  grpc::ClientContext context;
  rpc::PrepareCall(context, absl::Seconds(10));
  command_gate::v1::GetCommandResponse response;
  RETURN_IF_ERROR(
      rpc::FromGrpcStatus(client_->GetCommand(&context, get, &response)));
  return response.command();
}

absl::StatusOr<CommandRecord> OneSite::Wait(const std::string& name) {
  command_gate::v1::WaitCommandRequest wait;
  wait.set_name(name);
  wait.mutable_timeout()->set_seconds(20);
  wait.set_view(command_gate::v1::COMMAND_VIEW_FULL);
  grpc::ClientContext context;
  rpc::PrepareCall(context, absl::Seconds(25));
  command_gate::v1::WaitCommandResponse response;
  RETURN_IF_ERROR(
      rpc::FromGrpcStatus(client_->WaitCommand(&context, wait, &response)));
  return response.command();
}

absl::StatusOr<CommandRecord> OneSite::Cancel(const std::string& name) {
  command_gate::v1::CancelCommandRequest cancel;
  cancel.set_name(name);
  grpc::ClientContext context;
  rpc::PrepareCall(context, absl::Seconds(10));
  command_gate::v1::CancelCommandResponse response;
  RETURN_IF_ERROR(
      rpc::FromGrpcStatus(client_->CancelCommand(&context, cancel, &response)));
  return response.command();
}

absl::StatusOr<CommandRecord> OneSite::Run(const std::string& operation,
                                           const std::string& camera) {
  CommandItem item;
  item.set_device(camera);
  item.set_operation(operation);
  ASSIGN_OR_RETURN(const CommandRecord submitted,
                   Submit(item, proof::v1::PURPOSE_COMMAND));
  return Wait(submitted.name());
}

absl::StatusOr<CommandRecord> OneSite::Enrol(bool recovery) {
  CommandItem item;
  item.set_device("account:ann");
  item.set_operation("u2fi.enrol");
  EnrolOptions enrol;
  enrol.set_recovery(recovery);
  ASSIGN_OR_RETURN(const CommandRecord submitted,
                   Submit(item, proof::v1::PURPOSE_ENROL, "g1", 0, enrol));
  return Wait(submitted.name());
}

absl::StatusOr<CommandRecord> OneSite::Provision() {
  return Provision({}, proof::v1::Evidence());
}

absl::StatusOr<CommandRecord> OneSite::Provision(
    const std::vector<proof::v1::PinnedKey>& keys,
    const proof::v1::Evidence& evidence, const std::string& camera) {
  device_registry::v1::PlanPinsRequest plan;
  plan.set_purpose(proof::v1::PURPOSE_PROVISION);
  plan.add_devices(camera);
  plan.set_account("ann");
  plan.set_site("s1");
  plan.add_gateways("g1");
  ASSIGN_OR_RETURN(device_registry::v1::PlanPinsResponse planned,
                   registry_->core().planner().PlanPins(
                       rpc::TestCaller("client/t1/app"), plan));
  proof::v1::PinSet& pins = *planned.mutable_plans(0)->mutable_readable();
  for (const proof::v1::PinnedKey& key : keys) *pins.add_keys() = key;
  ASSIGN_OR_RETURN(const proof::PinSet encoded, proof::PinSet::Encode(pins));
  command_gate::v1::SubmitCommandRequest submit;
  submit.mutable_item()->set_device(camera);
  submit.mutable_item()->set_operation("u2fi.pins");
  submit.mutable_item()->set_message(encoded.bytes());
  submit.mutable_options()->set_on_behalf_of("ann");
  submit.mutable_options()->set_purpose(proof::v1::PURPOSE_PROVISION);
  submit.mutable_options()->mutable_place()->set_gateway("g1");
  if (!keys.empty()) *submit.mutable_options()->mutable_evidence() = evidence;
  ASSIGN_OR_RETURN(const CommandRecord submitted,
                   SubmitRequest(std::move(submit)));
  return Wait(submitted.name());
}

}  // namespace u2fi::e2e
