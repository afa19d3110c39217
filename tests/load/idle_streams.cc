#include "tests/load/idle_streams.h"

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/p256.h"
#include "services/common/rpc/client_call.h"
#include "services/common/sync/sync.h"

namespace u2fi::load {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;

GatewayIdentity MakeGatewayIdentity(const dev_ca::TestCa& ca,
                                    const std::string& gateway) {
  const dev_ca::Issued issued =
      ca.ca().Issue(ca.LeafOf("gateway/t1/s1/" + gateway));
  return {issued.certificate, issued.key,
          crypto::P256PrivateKey::FromPem(issued.key)->public_key().Spki()};
}

absl::Status CreateGateways(device_registry::v1::DeviceRegistry::Stub& registry,
                            const std::vector<GatewayIdentity>& identities) {
  using Stub = device_registry::v1::DeviceRegistry::Stub;
  constexpr absl::Duration kLimit = absl::Seconds(30);
  device_registry::v1::CreateAccountRequest account;
  account.set_account_id("ann");
  account.mutable_account()->set_display_name("Ann");
  absl::Status status =
      rpc::Call(registry, kLimit, account, &Stub::CreateAccount).status();
  if (!status.ok()) return status;
  device_registry::v1::CreateSiteRequest place;
  place.set_site_id("s1");
  place.mutable_site()->set_owner("ann");
  status = rpc::Call(registry, kLimit, place, &Stub::CreateSite).status();
  for (size_t i = 0; status.ok() && i < identities.size(); ++i) {
    device_registry::v1::CreateGatewayRequest request;
    request.set_gateway_id(absl::StrCat("g", i));
    request.mutable_gateway()->set_site("s1");
    request.mutable_gateway()->set_public_key(identities[i].spki);
    status =
        rpc::Call(registry, kLimit, request, &Stub::CreateGateway).status();
  }
  return status;
}

class IdleStreams::Stream
    : public grpc::ClientBidiReactor<GatewayMessage, MeshMessage> {
 public:
  explicit Stream(std::shared_ptr<grpc::Channel> channel)
      : stub_(gateway::v1::GatewayLink::NewStub(std::move(channel))) {}

  bool Open() {
    // The server may be starting.
    context_.set_wait_for_ready(true);
    stub_->async()->Connect(&context_, this);
    hello_.mutable_hello()->set_format_min(1);
    hello_.mutable_hello()->set_format_max(1);
    StartWrite(&hello_);
    StartRead(&incoming_);
    StartCall();
    MutexLock lock(mutex_);
    bool in_time = true;
    while (!welcomed_ && !done_ && in_time) {
      in_time = changed_.WaitFor(mutex_, absl::Seconds(10));
    }
    return welcomed_;
  }

  void Close() {
    context_.TryCancel();
    MutexLock lock(mutex_);
    while (!done_) changed_.Wait(mutex_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    MutexLock lock(mutex_);
    welcomed_ = true;
    changed_.NotifyAll();
    StartRead(&incoming_);
  }

  void OnDone(const grpc::Status& status) override {
    MutexLock lock(mutex_);
    if (!welcomed_) std::cerr << status.error_message() << "\n";
    done_ = true;
    changed_.NotifyAll();
  }

 private:
  const std::unique_ptr<gateway::v1::GatewayLink::Stub> stub_;
  grpc::ClientContext context_;
  GatewayMessage hello_;
  MeshMessage incoming_;
  Mutex mutex_;
  CondVar changed_;
  bool welcomed_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
};

IdleStreams::IdleStreams() = default;

IdleStreams::~IdleStreams() {
  for (const auto& stream : streams_) stream->Close();
}

bool IdleStreams::Open(const std::string& address,
                       const GatewayIdentity& identity,
                       const std::string& roots) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = roots;
  options.pem_private_key = identity.key;
  options.pem_cert_chain = identity.certificate;
  grpc::ChannelArguments arguments;
  // Services are certified for this name too; the test's client need not look
  // at the URI.
  arguments.SetSslTargetNameOverride("localhost");
  return Add(grpc::CreateCustomChannel(address, grpc::SslCredentials(options),
                                       arguments));
}

bool IdleStreams::OpenPlain(const std::string& address) {
  grpc::ChannelArguments arguments;
  // Or all of them would share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return Add(grpc::CreateCustomChannel(
      address, grpc::InsecureChannelCredentials(), arguments));
}

bool IdleStreams::Add(std::shared_ptr<grpc::Channel> channel) {
  streams_.push_back(std::make_unique<Stream>(std::move(channel)));
  return streams_.back()->Open();
}

}  // namespace u2fi::load
