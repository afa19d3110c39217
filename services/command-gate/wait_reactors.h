#ifndef U2FI_SERVICES_COMMAND_GATE_WAIT_REACTORS_H_
#define U2FI_SERVICES_COMMAND_GATE_WAIT_REACTORS_H_

#include "services/command-gate/command_follower.h"
#include "services/common/rpc/caller.h"
#include "u2fi/command_gate/v1/gate.grpc.pb.h"

namespace u2fi::command_gate {

// WaitCommand: answers when the command, or the last one of the batch, is final
// or the time is up, and holds no thread meanwhile. The result deletes itself.
grpc::ServerUnaryReactor* StartWait(const CommandFollower::Parts& parts,
                                    const rpc::Caller& caller,
                                    const v1::WaitCommandRequest& request,
                                    v1::WaitCommandResponse* response);

// WatchCommand: the present state, then each change, until the command, or the
// last one of the batch, is final or the caller goes. The result deletes
// itself.
grpc::ServerWriteReactor<v1::WatchCommandResponse>* StartWatch(
    const CommandFollower::Parts& parts, const rpc::Caller& caller,
    const v1::WatchCommandRequest& request);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_WAIT_REACTORS_H_
