#include "services/attestation/metadata_upload.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/fido/metadata_blob.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/status/error.h"

namespace u2fi::attestation {
namespace {

using Reactor = grpc::ServerReadReactor<v1::ImportMetadataRequest>;

class RefusedUpload : public Reactor {
 public:
  explicit RefusedUpload(const absl::Status& status) {
    Finish(rpc::ToGrpcStatus(status));
  }
  void OnDone() override { delete this; }
};

// gRPC calls one method at a time, so it needs no lock.
class MetadataUpload : public Reactor {
 public:
  MetadataUpload(audit::Executor& executor, ImportFunction import,
                 v1::ImportMetadataResponse* response)
      : executor_(executor), import_(std::move(import)), response_(response) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Import();
    const absl::Status taken = Take();
    if (!taken.ok()) return Finish(rpc::ToGrpcStatus(taken));
    StartRead(&request_);
  }

  void OnDone() override { delete this; }

 private:
  absl::Status Take() {
    if (!request_.tenant().empty()) {
      return FieldError("tenant", "metadata is of the whole deployment");
    }
    if (request_.chunk().size() > kMaxMetadataChunk ||
        blob_.size() + request_.chunk().size() > fido::kMaxMetadataBlobSize) {
      return Error(reason::kMessageSize, "the BLOB or a piece is too large");
    }
    if (first_) validate_only_ = request_.validate_only();
    first_ = false;
    absl::StrAppend(&blob_, request_.chunk());
    return absl::OkStatus();
  }

  // The reader has said all, or is gone: then nobody hears the answer, and a
  // BLOB that was cut off does not verify.
  void Import() {
    executor_.Schedule([this] {
      absl::StatusOr<v1::ImportMetadataResponse> imported =
          import_(blob_, validate_only_);
      const absl::Status status = imported.status();
      if (status.ok()) *response_ = *std::move(imported);
      Finish(rpc::ToGrpcStatus(status));
    });
  }

  audit::Executor& executor_;
  const ImportFunction import_;
  v1::ImportMetadataResponse* const response_;
  v1::ImportMetadataRequest request_;
  std::string blob_;
  bool first_ = true;
  bool validate_only_ = false;
};

}  // namespace

Reactor* StartMetadataUpload(audit::Executor& executor, ImportFunction import,
                             v1::ImportMetadataResponse* response) {
  return new MetadataUpload(executor, std::move(import), response);
}

Reactor* RefuseMetadataUpload(const absl::Status& status) {
  return new RefusedUpload(status);
}

}  // namespace u2fi::attestation
