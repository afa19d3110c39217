#include "services/common/rpc/auth_processor.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::rpc {

AuthProcessor::AuthProcessor(PeerIdentity identity,
                             absl::flat_hash_set<std::string> guarded,
                             absl::flat_hash_set<std::string> open,
                             std::set<std::string> open_to_uris)
    : identity_(std::move(identity)),
      guarded_(std::move(guarded)),
      open_(std::move(open)),
      open_to_uris_(std::move(open_to_uris)) {}

grpc::Status AuthProcessor::Process(const InputMetadata& metadata,
                                    grpc::AuthContext* peer, OutputMetadata*,
                                    OutputMetadata*) {
  absl::string_view path;
  const auto entry = metadata.find(":path");
  if (entry != metadata.end()) {
    path = absl::string_view(entry->second.data(), entry->second.size());
  }
  const absl::Status refusal = Check(path, peer);
  if (refusal.ok()) return grpc::Status::OK;
  return ToGrpcStatus(WithContext(ReasonOf(refusal), refusal));
}

absl::Status AuthProcessor::Check(absl::string_view path,
                                  const grpc::AuthContext* peer) {
  if (guarded_.contains(path)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Caller caller, identity_.Identify(peer));
  if (!open_.contains(path)) {
    return Error(reason::kUnimplemented, "there is no such rpc here");
  }
  const bool allowed = open_to_uris_.empty()
                           ? caller.role() == Role::kPlatformOperator
                           : open_to_uris_.count(caller.uri()) > 0;
  if (allowed) return absl::OkStatus();
  return Error(reason::kCallerNotAllowed, "this caller may not call this rpc");
}

}  // namespace u2fi::rpc
