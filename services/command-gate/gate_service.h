#ifndef U2FI_SERVICES_COMMAND_GATE_GATE_SERVICE_H_
#define U2FI_SERVICES_COMMAND_GATE_GATE_SERVICE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/command-gate/account_login.h"
#include "services/command-gate/approval_feed.h"
#include "services/command-gate/browser_answers.h"
#include "services/command-gate/command_list.h"
#include "services/command-gate/command_store.h"
#include "services/command-gate/gate_flow.h"
#include "services/command-gate/submitter.h"
#include "services/common/audit/executor.h"
#include "services/common/rpc/caller.h"
#include "u2fi/command_gate/v1/submit.pb.h"

namespace u2fi::command_gate {

// What clients may do with commands. Thread-safe; methods block on the store.
// Requests, answers and errors: protos/u2fi/command_gate/v1/gate.proto.
class GateService {
 public:
  // The references must outlive this object, and `login`, which is nullptr if
  // no tenant has an OIDC issuer. `executor` drives commands forward after the
  // answer was given.
  GateService(Submitter& submitter, CommandStore& commands, GateFlow& flow,
              audit::Executor& executor, AccountLogin* login = nullptr)
      : submitter_(submitter),
        commands_(commands),
        list_(commands),
        browser_answers_(commands, flow),
        flow_(flow),
        executor_(executor),
        login_(login) {}

  absl::StatusOr<v1::SubmitCommandResponse> Submit(
      const rpc::Caller& caller, const v1::SubmitCommandRequest& request);

  absl::StatusOr<v1::SubmitBatchResponse> SubmitBatch(
      const rpc::Caller& caller, const v1::SubmitBatchRequest& request);

  absl::StatusOr<v1::GetBatchResponse> GetBatch(
      const rpc::Caller& caller, const v1::GetBatchRequest& request);

  absl::StatusOr<v1::GetCommandResponse> Get(
      const rpc::Caller& caller, const v1::GetCommandRequest& request);

  absl::StatusOr<v1::ListCommandsResponse> List(
      const rpc::Caller& caller, const v1::ListCommandsRequest& request);

  absl::StatusOr<v1::CancelCommandResponse> Cancel(
      const rpc::Caller& caller, const v1::CancelCommandRequest& request);

  // An answer from a browser, which the portal brings.
  absl::StatusOr<v1::AnswerApprovalResponse> Answer(
      const rpc::Caller& caller, const v1::AnswerApprovalRequest& request);

  // Who may follow what waits for whom.
  absl::StatusOr<ApprovalFeed::Reader> ReaderOf(
      const rpc::Caller& caller, const v1::WatchApprovalsRequest& request);
  CommandStore& commands() { return commands_; }
  Questions& questions() { return flow_.questions(); }

  // What `name` means to `caller`: the id of a command, or of the first one of
  // a batch, and its tenant. Whether there is one is not looked at.
  struct Named {
    std::string tenant;
    std::string command_id;
    bool batch = false;
  };
  static absl::StatusOr<Named> Parse(const rpc::Caller& caller,
                                     const std::string& tenant,
                                     absl::string_view name);

  // The command that `name`, "commands/{command}", means to `caller`; of
  // "batches/{batch}" its first command. RESOURCE_UNKNOWN if there is none in
  // its tenant.
  absl::StatusOr<StoredCommand> Find(const rpc::Caller& caller,
                                     const std::string& tenant,
                                     absl::string_view name);

 private:
  absl::StatusOr<v1::BatchRecord> BatchOf(const StoredCommand& first);
  // ID_TOKEN_INVALID unless the account that asks is signed in.
  absl::Status CheckLogin(absl::string_view tenant, absl::string_view account,
                          absl::string_view id_token);
  // Drives a command that was just stored or approved, after the answer.
  void AdvanceLater(StoredCommand command);
  absl::StatusOr<StoredCommand> CancelOnce(
      const rpc::Caller& caller, const v1::CancelCommandRequest& request);

  Submitter& submitter_;
  CommandStore& commands_;
  CommandList list_;
  BrowserAnswers browser_answers_;
  GateFlow& flow_;
  audit::Executor& executor_;
  AccountLogin* const login_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATE_SERVICE_H_
