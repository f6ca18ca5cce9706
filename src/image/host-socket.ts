/** Sockets of container engines, as they are mounted into a container that is to speak to the engine of its host. */
export const HOST_SOCKET = /\/(?:var\/)?run\/(?:docker|podman\/podman|containerd\/containerd|crio\/crio)\.sock\b/

export const HOST_SOCKET_HINT =
  'run it with the group of that socket (--group-add, group_add), by its number on the host; who reaches it is as good as root there, whatever USER says'
